"""The steps of a run as a checklist that stays readable when there are forty of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby

from continuitybot.chat.cards.phrases import lasting
from continuitybot.chat.cards.run_acts import has_primary, step_buttons
from continuitybot.chat.cards.run_waits import Around, open_leaves, waiting_for
from continuitybot.chat.cards.run_words import (
    ITEM_STATES,
    by_words,
    leaves,
    outcome_line,
    remedy,
    title_of,
)
from continuitybot.chat.message import (
    Button,
    Item,
    ItemState,
    Moment,
    Part,
    Piece,
    Progress,
    Text,
)
from continuitybot.runbooks.model import Run, StepRun
from continuitybot.runbooks.states import OPEN_STEPS, StepState

_ALL_OF = 14  # as many steps are shown one by one
_OPEN_AT_MOST = 12
_BEFORE, _AFTER = 2, 3  # how many neighbours of what is open are shown, in a long run
_WITH_BUTTONS = 10  # Slack: at most 50 blocks, two for an item with buttons
_BAD = frozenset({StepState.FAILED, StepState.HELD, StepState.UNKNOWN})
_PARTS: tuple[tuple[str, frozenset[StepState]], ...] = (
    ("done", frozenset({StepState.DONE})),
    ("skipped", frozenset({StepState.SKIPPED})),
    ("failed", frozenset({StepState.FAILED, StepState.HELD})),
    ("unknown", frozenset({StepState.UNKNOWN})),
    ("stopped", frozenset({StepState.STOPPED})),
    ("waiting", frozenset({StepState.WAITING})),
    ("under way", frozenset({StepState.RUNNING})),
)


def steps_of(run: Run, around: Around) -> tuple[Item, ...]:
    """Each step, or in a long run those that matter now and the others counted."""
    ids = list(run.definition.spots)
    shown = set(ids) if len(ids) <= _ALL_OF else _telling(run)
    with_buttons = _with_buttons(run, shown)
    first = with_buttons[0] if with_buttons and not has_primary(run, around) else ""
    items: list[Item] = []
    for is_shown, group in groupby(ids, key=shown.__contains__):
        if not is_shown:
            items += _counted(run, group)
            continue
        for id in group:
            buttons = step_buttons(run, id, is_first=id == first) if id in with_buttons else ()
            items.append(_item(run, id, around, buttons))
    return tuple(items)


def progress_of(run: Run) -> Progress:
    """How many steps are done, skipped, failed, open; out of all."""
    states = [run.steps[id].state for id in leaves(run)]
    parts = [Part(label, sum(one in wanted for one in states)) for label, wanted in _PARTS]
    return Progress(tuple(part for part in parts if part.count), len(states))


def step_note(run: Run, id: str, around: Around) -> Text:
    """What there is to say about a step, for one line."""
    step = run.steps[id]
    if step.state in _BAD:
        return joined(step.reason, remedy(run, id) if step.state is StepState.FAILED else "")
    if step.state is StepState.RUNNING:
        return joined(_since(step), _tries(run, id))
    if step.state is StepState.WAITING:
        waiting = waiting_for(run, id, around)
        asked = str(step.given.get("text", "")) if _is_item(run, id) else ""
        waits: Text = ("waits for ", *_pieces(waiting.text)) if waiting else ""
        return joined(waits, asked, f"Last time: {step.reason}" if step.reason else "")
    return joined(_ended(run, id, around), step.reason or outcome_line(run, id))


def joined(*parts: Text) -> Text:
    """Several remarks in one line; empty ones are left out."""
    found: list[Piece] = []
    for part in parts:
        if part and found:
            end = found[-1]
            found[-1:] = [f"{end.rstrip('. ')}. "] if isinstance(end, str) else [end, ". "]
        if part:
            found += _pieces(part)
    if all(isinstance(piece, str) for piece in found):
        return "".join(map(str, found))
    return tuple(found)


def _telling(run: Run) -> set[str]:
    """What matters in a long run: what is open or went wrong, what was just done, what is next."""
    ids = list(run.definition.spots)
    is_open = [id for id in ids if run.steps[id].state in OPEN_STEPS]
    wrong = [id for id in ids if run.steps[id].state in _BAD]
    ended = [id for id in ids if run.steps[id].ended is not None]
    done = sorted(ended, key=lambda id: run.steps[id].ended or run.created)
    ahead = [id for id in ids if run.steps[id].state is StepState.PENDING]
    return {*is_open[:_OPEN_AT_MOST], *wrong[:_OPEN_AT_MOST], *done[-_BEFORE:], *ahead[:_AFTER]}


def _with_buttons(run: Run, shown: Iterable[str]) -> list[str]:
    wanted = [id for id in open_leaves(run) if id in set(shown) and step_buttons(run, id)]
    return wanted[:_WITH_BUTTONS]


def _counted(run: Run, ids: Iterable[str]) -> Iterator[Item]:
    """Steps in a row that stand alike, as one line."""

    def shown_state(id: str) -> ItemState:
        return ITEM_STATES[run.steps[id].state]

    for state, group in groupby(ids, key=shown_state):
        alike = list(group)
        if len(alike) == 1:
            yield Item(title_of(run, alike[0]), state)
        else:
            ends = f"{title_of(run, alike[0])} … {title_of(run, alike[-1])}"
            yield Item(f"{len(alike)} steps: {ends}", state)


def _item(run: Run, id: str, around: Around, buttons: tuple[Button, ...]) -> Item:
    inside = "– " if run.definition.spots[id].parent else ""
    state = ITEM_STATES[run.steps[id].state]
    return Item(f"{inside}{title_of(run, id)}", state, step_note(run, id, around), buttons)


def _is_item(run: Run, id: str) -> bool:
    return run.definition.spots[id].step.action == "do"


def _since(step: StepRun) -> Text:
    return ("since ", Moment(step.started)) if step.started else ""


def _tries(run: Run, id: str) -> str:
    times = run.definition.spots[id].step.retry.times
    return f"try {run.steps[id].attempt} of {times}" if times > 1 else ""


def _ended(run: Run, id: str, around: Around) -> str:
    """Who ended it, and how long it took."""
    step = run.steps[id]
    who = by_words(run, id, around.roster)
    took = step.ended - step.started if step.started and step.ended else timedelta()
    long = f"in {lasting(took)}" if took >= timedelta(seconds=1) else ""
    return " ".join(filter(None, (who, long)))


def _pieces(text: Text) -> tuple[Piece, ...]:
    return (text,) if isinstance(text, str) else text
