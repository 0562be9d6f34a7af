"""What has happened to a run: every event that changed it, as a line of JSON each.

The engine is a function of its events, so a history and the run's beginning give the run as it
is stored: `replayed` proves it, and an export makes a rehearsal of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from continuitybot.runbooks import events
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.model import Effect, Run, new_run
from continuitybot.runbooks.moves import Rules
from continuitybot.runbooks.templates import Templates
from continuitybot.store import from_document, to_document

_RULES = Rules(Templates(), ACTIONS)
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(events.Event)}


@dataclass(frozen=True)
class Happened:
    """One event, and when it was taken up."""

    at: datetime
    event: events.Event


@dataclass(frozen=True)
class Turned:
    """A run before and after an event, and the effects that it led to."""

    happened: Happened
    before: Run
    after: Run
    effects: tuple[Effect, ...]


def line_of(event: events.Event, at: datetime) -> str:
    """An event as one line of a history."""
    told = {"at": at.isoformat(), "event": type(event).__name__, **to_document(event)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_history(text: str) -> list[Happened]:
    """The events of a history; that the run started is known without."""
    found = []
    for line in text.splitlines():
        told = json.loads(line)
        at, kind = datetime.fromisoformat(told.pop("at")), _KINDS[told.pop("event")]
        if kind is not events.Started:
            found.append(Happened(at, from_document(kind, told)))
    return found


def begun(run: Run) -> Run:
    """A run as it was before anything happened to it."""
    return new_run(
        run.ref,
        run.definition,
        run.inputs,
        run.created,
        mode=run.mode,
        requester=run.requester,
        incident=run.incident,
        event=run.event,
    )


def replayed(run: Run, history: Sequence[Happened]) -> Iterator[Turned]:
    """What each event makes of the run, from its beginning."""
    before = begun(run)
    for happened in (Happened(run.created, events.Started()), *history):
        after, effects = advance(before, happened.event, happened.at, _RULES)
        yield Turned(happened, before, after, effects)
        before = after
