"""What really happened to a run, as a rehearsal that passes. Pure, but for the words it tells.

What is expected is what is stored of the run; its history only says how it came to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from continuitybot.errors import Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.course import moves, span_words
from continuitybot.runbooks.drift import written
from continuitybot.runbooks.history import Happened, Turned, begun, replayed
from continuitybot.runbooks.model import Run, measures
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.scenario import Scenario
from continuitybot.runbooks.scripted import Outside
from continuitybot.runbooks.stage import Stage
from continuitybot.runbooks.transcript import Transcript

_MET = {True: "met", False: "missed", None: "open"}


@dataclass(frozen=True)
class Exported:
    """A run as two files: its runbook, and the rehearsal of what happened to it."""

    ref: str
    runbook: str
    definition: str
    scenario: str


async def export(run: Run, history: Sequence[Happened], shorn: Callable[[str], str]) -> Exported:
    """The files of a run; `shorn` takes from texts what is personal. Raises Refused."""
    turns = _turns(run, history)
    document = {
        "title": f"What happened in {run.ref}",
        "given": _given(run),
        "happens": [_entry(run, turn) for turn in turns[1:]],
        "expect": {"state": run.state.value},
    }
    played, transcript = await _played(run, document)
    document["expect"] = _expected(run, played, transcript, turns[-1].happened.at)
    text = yaml.safe_dump(
        _shorn(document, shorn),
        sort_keys=False,
        allow_unicode=True,
        width=98,
        default_flow_style=None,
    )
    return Exported(run.ref, run.definition.name, shorn(written(run.definition)), text)


def _turns(run: Run, history: Sequence[Happened]) -> list[Turned]:
    """Everything that happened. Raises Refused when it does not lead to the run as stored."""
    try:
        turns = list(replayed(run, history))
        if turns[-1].after == run:
            return turns
    except Refused:  # an event was taken then and is not now: no history of this run
        pass
    raise Refused(
        f"The history of {run.ref} does not lead to how it stands.",
        remedy="It started before histories were kept, or under another version of the bot.",
    )


def _given(run: Run) -> dict[str, Any]:
    given = {
        "ref": run.ref,
        "at": run.created.isoformat(),
        "recorded": True,
        "mode": run.mode.value,
        "requester": run.requester,
    }
    rest = {"incident": run.incident, "event": dict(run.event), "inputs": dict(run.inputs)}
    return {**given, **{name: value for name, value in rest.items() if value}}


def _entry(run: Run, turn: Turned) -> dict[str, Any]:
    at = span_words(turn.happened.at - run.created)
    return {"at": at, **_told(turn.happened.event, turn.before)}


def _told(event: events.Event, before: Run) -> dict[str, Any]:
    """An event in the words of a scenario."""
    if isinstance(event, events.TimerDue):
        purpose = before.steps[_step(event.key)].purpose_of(event.key)
        return {"step": _step(event.key), "timer": purpose.value if purpose else ""}
    told = _WORDS[type(event)](event)
    text = getattr(event, "text", "")
    return {**told, "text": text} if text and "note" not in told else told


def _by_hand(act: str) -> Callable[[Any], dict[str, Any]]:
    return lambda event: {"step": event.step, "act": act, "by": event.by}


def _to_run(act: str) -> Callable[[Any], dict[str, Any]]:
    return lambda event: {"act": act, "by": event.by}


_WORDS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    events.EffectSucceeded: lambda e: {"step": _step(e.key), "returns": dict(e.data)},
    events.EffectFailed: lambda e: {"step": _step(e.key), "fails": e.reason},
    events.EffectUnknown: lambda e: {"step": _step(e.key), "unknown": e.reason},
    events.SubjectChanged: lambda e: {"changed": sorted(e.subjects)},
    events.Answered: lambda e: {"step": e.step, "answer": e.choice, "by": e.by},
    events.PersonDid: _by_hand("done"),
    events.Attached: lambda e: {"step": e.step, "attached": _file(e), "by": e.by},
    events.PersonSkipped: _by_hand("skip"),
    events.PersonFailed: _by_hand("fail"),
    events.PersonRetried: _by_hand("retry"),
    events.Noted: lambda e: {"note": e.text, "by": e.by},
    events.Paused: _to_run("pause"),
    events.Resumed: _to_run("resume"),
    events.Cancelled: _to_run("cancel"),
}


def _file(event: events.Attached) -> dict[str, Any]:
    return {"name": event.name, "size": event.size, "sha256": event.sha256}


def _step(key: str) -> str:
    return key.split("/")[1]


async def _played(run: Run, document: Mapping[str, Any]) -> tuple[Played, Transcript]:
    """The run as a rehearsal will play it, for the words that it tells."""
    scenario = Scenario.model_validate(document)
    transcript = Transcript()
    outside = Outside(transcript)
    stage = Stage(run.created, outside.ports, transcript, {}, outside)
    return await stage.play(begun(run), scenario, recorded=True), transcript


def _expected(run: Run, played: Played, transcript: Transcript, now: datetime) -> dict[str, Any]:
    told = [
        {"step": one.step, "exactly": one.text}
        for one in transcript.of(run.ref)
        if one.step and one.text
    ]
    expected = {
        "state": run.state.value,
        "steps": {id: step.state.value for id, step in run.steps.items()},
        "order": list(moves(played.course)),
        "times": {
            id: span_words(step.ended - run.created)
            for id, step in run.steps.items()
            if step.ended is not None
        },
        "objectives": {one.name: _MET[one.met] for one in measures(run, now)},
        "does": [
            {"step": effect.payload["step"], "with": dict(effect.payload["given"])}
            for effect in played.effects
        ],
        "says": told,
    }
    return {name: value for name, value in expected.items() if value}


def _shorn(value: Any, shorn: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return shorn(value)
    if isinstance(value, Mapping):
        return {key: _shorn(inner, shorn) for key, inner in value.items()}
    return [_shorn(inner, shorn) for inner in value] if isinstance(value, list | tuple) else value
