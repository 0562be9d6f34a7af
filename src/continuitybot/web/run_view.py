"""A run as its page shows it: plain values for the template, and what the visitor may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from continuitybot.approvals.model import Approval
from continuitybot.chat.cards.phrases import consent_buttons, lasting, words
from continuitybot.chat.cards.run_acts import (
    cancel_confirm,
    choices,
    done_button,
    fail_button,
    is_item,
    is_question,
    retry_button,
    skip_button,
)
from continuitybot.chat.cards.run_waits import (
    Around,
    approval_for,
    overdue_since,
    owner_words,
    waiting_for,
)
from continuitybot.chat.cards.run_words import (
    ITEM_STATES,
    by_words,
    outcome,
    remedy,
    state_word,
)
from continuitybot.chat.message import Button, ItemState, Text
from continuitybot.chat.wording import ITEM_MARKS
from continuitybot.people.authority import ask_instead, may, refusal
from continuitybot.people.model import Person
from continuitybot.runbooks.definition import PARALLEL, StepDefinition
from continuitybot.runbooks.model import Run, StepRun, measures
from continuitybot.runbooks.states import OPEN_STEPS, RunState, StepState
from continuitybot.runbooks.wording import body_words, rule_words

_STUCK = frozenset({StepState.HELD, StepState.UNKNOWN})


@dataclass(frozen=True)
class Bar:
    """One objective as a bar: seconds elapsed and allowed; the words beside it say it all."""

    name: str
    words: Text
    elapsed: int
    target: int


@dataclass(frozen=True)
class StepView:
    """One step: how it stands, what came of it, and what may be done about it here.

    `follows` is the object outside that it goes on with, and `standing` how that stands. `asks`
    is what is wanted of a person: `item`, `question`, `consent`, `decision`, or "".
    `evidence` is what an item needs, `files` what was given, by name and digest. `by_hand` are the
    ways round it that nobody should need.
    """

    id: str
    step: StepRun
    definition: StepDefinition
    depth: int
    state: ItemState
    word: str
    waits: Text
    is_overdue: bool
    by: str
    owner: str
    took: str
    remedy: str
    outcome: tuple[tuple[str, str], ...]
    rules: Mapping[str, str]
    follows: str
    standing: str
    asks: str
    evidence: str
    files: tuple[tuple[str, str], ...]
    text: str
    choices: Mapping[str, str]
    approval: Approval | None
    buttons: tuple[Button, ...]
    by_hand: tuple[Button, ...]

    @property
    def mark(self) -> str:
        """The state as one character, for those who see it."""
        return ITEM_MARKS[self.state][0]

    @property
    def is_open(self) -> bool:
        """Whether it has begun and not ended."""
        return self.step.state in OPEN_STEPS


def steps_for(run: Run, around: Around, reader: Person) -> list[StepView]:
    """Every step, in the order they are written."""
    return [_step(run, id, around, reader) for id in run.definition.spots]


def run_acts(run: Run, reader: Person) -> tuple[Button, ...]:
    """What the reader may do with the run as a whole."""
    if run.has_ended or not may(reader, "respond"):
        return ()
    hold = Button("Pause", f"pause {run.ref}")
    if run.state is RunState.PAUSED:
        hold = Button("Resume", f"resume {run.ref}", "primary")
    return hold, Button("Cancel the run", f"cancel {run.ref}", "danger", cancel_confirm(run))


def may_not(around: Around, reader: Person) -> str:
    """Why there are no buttons, and who has them; "" when there are."""
    if may(reader, "respond"):
        return ""
    others = ask_instead("respond", around.roster.everyone, reader)
    return f"You can look. {refusal('respond')} {others}"


def bars(run: Run, around: Around, words: Mapping[str, Text]) -> list[Bar]:
    """Each objective with its bar."""
    return [
        Bar(one.name, words[one.name], int(one.elapsed.total_seconds()),
            max(1, int(one.target.total_seconds())))
        for one in measures(run, around.now)
    ]  # fmt: skip


def marks(run: Run) -> dict[str, tuple[str, str]]:
    """The state of each step, for the picture of the flow: in words, and as a kind of box."""
    found: dict[str, tuple[str, str]] = {}
    for id, step in run.steps.items():
        state = ITEM_STATES[step.state]
        took = _took(step)
        words = f"{ITEM_MARKS[state][0]} {state_word(step.state)}{', ' if took else ''}{took}"
        found[id] = (state, words)
    return found


def _step(run: Run, id: str, around: Around, reader: Person) -> StepView:
    spot, step = run.definition.spots[id], run.steps[id]
    waiting = waiting_for(run, id, around)
    approval = approval_for(step, around) if step.state is StepState.WAITING else None
    asks = _asks(run, id, approval)
    may_act = may(reader, str(step.given.get("act", "respond")) if asks == "question"
                  else "respond")  # fmt: skip
    return StepView(
        id=id,
        step=step,
        definition=spot.step,
        depth=_depth(run, id),
        state=ITEM_STATES[step.state],
        word=state_word(step.state),
        waits=waiting.text if waiting else "",
        is_overdue=overdue_since(run, id, around) is not None,
        by=by_words(run, id, around.roster),
        owner=owner_words(spot.step.owner, around.roster) if spot.step.owner else "",
        took=_took(step),
        remedy=remedy(run, id),
        outcome=tuple(outcome(run, id)),
        rules={**rule_words(spot.step), **_body(spot.step)},
        follows=ref if (ref := str(step.outputs.get("ref", ""))) != run.ref else "",
        standing=words(str(step.outputs.get("standing", ""))),
        evidence=_evidence(step),
        files=tuple(
            (str(one["name"]), str(one["sha256"])) for one in step.outputs.get("files", ())
        ),
        asks=asks if may_act or asks == "consent" else "",
        text=str(step.given.get("text", "")) if spot.step.action in {"ask", "do"} else "",
        choices=choices(run, id) if asks == "question" else {},
        approval=approval,
        buttons=_consent(run, approval, reader),
        by_hand=_by_hand(run, id, asks) if may(reader, "respond") else (),
    )


def _asks(run: Run, id: str, approval: Approval | None) -> str:
    if run.has_ended:
        return ""
    if run.steps[id].state in _STUCK:
        return "decision"
    if approval is not None:
        return "consent"
    return "item" if is_item(run, id) else "question" if is_question(run, id) else ""


def _evidence(step: StepRun) -> str:
    """What ticking an item off needs: `words`, `link`, `file`, or "" for nothing."""
    wanted = step.given.get("evidence") or ""
    return "words" if wanted is True else str(wanted)


def _files(step: StepRun) -> tuple[tuple[str, str], ...]:
    given = step.outputs.get("files", ())
    return tuple((str(file["name"]), str(file["sha256"])) for file in given)


def _consent(run: Run, approval: Approval | None, reader: Person) -> tuple[Button, ...]:
    """Approve, for whoever may; what another object plans is approved on its own page."""
    if approval is None or not approval.subject.startswith(run.ref):
        return ()
    has_answered = reader.handle in {one.by for one in approval.decisions}
    if not may(reader, approval.act) or reader.handle == approval.requester or has_answered:
        return ()
    return consent_buttons(approval.subject, approval.plan_hash, approval.title)[:1]


def _by_hand(run: Run, id: str, asks: str) -> tuple[Button, ...]:
    """Retry, skip, done or failed by hand, as far as the engine takes it."""
    step, action = run.steps[id], run.definition.spots[id].step.action
    if run.state in {RunState.FINISHED, RunState.CANCELLED}:
        return ()
    if run.state is RunState.FAILED:
        return (retry_button(run, id),) if step.state is not StepState.PENDING else ()
    if asks == "decision":
        return (fail_button(run, id),)
    if step.state is StepState.PENDING:
        return (skip_button(run, id),) if action != "approve" else ()
    if step.state not in OPEN_STEPS:
        return (retry_button(run, id, "Go on again from here"),)
    if action == "approve":
        return ()
    done = () if action in {"ask", "do"} else (done_button(run, id),)
    retry = () if step.state is StepState.RUNNING else (retry_button(run, id),)
    return (*done, skip_button(run, id), fail_button(run, id), *retry)


def _depth(run: Run, id: str) -> int:
    depth, parent = 0, run.definition.spots[id].parent
    while parent:
        depth, parent = depth + 1, run.definition.spots[parent].parent
    return depth


def _took(step: StepRun) -> str:
    took = step.ended - step.started if step.started and step.ended else timedelta()
    return lasting(took) if took >= timedelta(seconds=1) else ""


def _body(step: StepDefinition) -> Mapping[str, str]:
    return {} if step.action == PARALLEL else body_words(step.body)
