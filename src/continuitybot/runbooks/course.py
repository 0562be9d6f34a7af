"""How a played run went, as lines to compare with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeVar

from continuitybot.runbooks.definition import every_step
from continuitybot.runbooks.model import Effect, Run

T = TypeVar("T")


class Line(NamedTuple):
    """One line of a diff: what was expected (`-`), what happened (`+`), or both (` `)."""

    mark: Literal[" ", "-", "+"]
    text: str


def moves(course: Sequence[Run]) -> Iterator[str]:
    """Every change of a step's state, as `step state`, in the order in which it came about."""
    if not course:
        return
    ranks = _ranks(course[0])
    for before, after in pairwise(course):
        changed = [id for id in after.steps if after.steps[id].state is not before.steps[id].state]
        for id in sorted(changed, key=ranks.__getitem__):
            yield f"{id} {after.steps[id].state}"


def _ranks(run: Run) -> dict[str, float]:
    """The order of steps; a parallel step comes after what is inside it."""
    places = {id: number for number, id in enumerate(run.definition.spots)}
    return {
        id: max((places[inner.id] for inner in every_step((spot.step,))), default=0)
        + (0.5 if spot.step.branches else 0)
        for id, spot in run.definition.spots.items()
    }


def deed_words(effect: Effect) -> str:
    """What a step does outside: `inform broadcast: audience=all, text=…`."""
    given = ", ".join(f"{key}={_short(value)}" for key, value in effect.payload["given"].items())
    return f"{effect.payload['step']} {effect.payload['action']}: {given}"


def _short(value: Any) -> str:
    return " ".join(str(value).split())


def span_words(span: timedelta) -> str:
    """A time to the microsecond, as a scenario can say it: `1h3m2s`, `0.25s`."""
    whole, rest = divmod(span, timedelta(seconds=1))
    words = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        number, whole = divmod(whole, size)
        words += [f"{number}{unit}"] if number else []
    if whole or rest:
        seconds = f"{whole}.{rest.microseconds:06}".rstrip("0").rstrip(".")
        words.append(f"{seconds}s")
    return "".join(words) or "0s"


def aligned(
    wanted: Sequence[str], happened: Sequence[T], fits: Callable[[int, T], bool],
    shown: Callable[[T], str],
) -> list[Line]:  # fmt: skip
    """Wanted things that are missing, among what happened around them; [] when none is.

    Others may stand between the wanted ones. `fits(n, thing)` says whether a thing is the n-th.
    """
    pairs = _longest(len(wanted), happened, fits)
    if len(pairs) == len(wanted):
        return []
    lines: list[Line] = []
    next_wanted, next_thing = 0, 0
    for index, place in [*pairs, (len(wanted), len(happened))]:
        missing = range(next_wanted, index)
        if missing:
            lines += [Line("-", _missing(wanted[n], n, happened, fits)) for n in missing]
            lines += [Line("+", shown(thing)) for thing in happened[next_thing:place]]
        if place < len(happened):
            lines.append(Line(" ", shown(happened[place])))
        next_wanted, next_thing = index + 1, place + 1
    return lines


def _missing(text: str, n: int, happened: Sequence[T], fits: Callable[[int, T], bool]) -> str:
    return f"{text}   (not in this order)" if any(fits(n, one) for one in happened) else text


def _longest(
    count: int, happened: Sequence[T], fits: Callable[[int, T], bool]
) -> list[tuple[int, int]]:
    """The most wanted things that can be found in order: pairs of their places."""
    greedy, place = [], 0
    for n in range(count):  # the usual case: all are there, and no table is needed
        while place < len(happened) and not fits(n, happened[place]):
            place += 1
        if place == len(happened):
            break
        greedy.append((n, place))
        place += 1
    if len(greedy) == count:
        return greedy
    table = [[0] * (len(happened) + 1) for _ in range(count + 1)]
    for n in reversed(range(count)):
        for at in reversed(range(len(happened))):
            best = max(table[n + 1][at], table[n][at + 1])
            taken = table[n + 1][at + 1] + 1 if fits(n, happened[at]) else 0
            table[n][at] = max(best, taken)
    return list(_trace(table, happened, fits))


def _trace(
    table: list[list[int]], happened: Sequence[T], fits: Callable[[int, T], bool]
) -> Iterator[tuple[int, int]]:
    n = at = 0
    while n < len(table) - 1 and at < len(happened):
        if fits(n, happened[at]) and table[n][at] == table[n + 1][at + 1] + 1:
            yield n, at
            n, at = n + 1, at + 1
        elif table[n + 1][at] >= table[n][at + 1]:
            n += 1
        else:
            at += 1
