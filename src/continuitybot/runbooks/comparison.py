"""What was expected of a rehearsed run against what happened, as a diff. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from continuitybot.runbooks.course import Line, aligned, deed_words, moves, span_words
from continuitybot.runbooks.model import Effect, Run, measures
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.scenario import Done, Expect, Said
from continuitybot.runbooks.transcript import Told
from continuitybot.sourcefile import Loc

_MET = {True: "met", False: "missed", None: "open"}


@dataclass(frozen=True)
class Difference:
    """Something that went otherwise than expected; `where` is `file:line:column` of that."""

    where: str
    what: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.where}: {self.what}", *(f"  {m} {t}" for m, t in self.lines)])


class Comparison:
    """One run against what was expected of it; `where` says where an expectation is written."""

    def __init__(
        self,
        expect: Expect,
        played: Played,
        told: Sequence[Told],
        now: datetime,
        where: Callable[[Loc], str],
    ) -> None:
        self._expect = expect
        self._run = played.run
        self._played = played
        self._told = told
        self._now = now
        self._where = where

    def differences(self) -> Iterator[Difference]:
        """All of them."""
        expect, run = self._expect, self._run
        if run.state is not expect.state:
            yield self._one("state", f"{run.ref} ends", expect.state, f"{run.state}{_why(run)}")
        yield from self._states()
        yield from self._list("order", "the order of steps", expect.order, self._moves(), _same)
        yield from self._list("says", "what is told", expect.says, self._told, _fits, _wanted)
        yield from self._list("does", "what is done", expect.does, self._deeds(), _is, _deed)
        yield from self._absences()
        yield from self._times()

    def _states(self) -> Iterator[Difference]:
        for id, state in self._expect.steps.items():
            step = self._run.steps[id]
            if step.state is not state:
                reason = f" ({step.reason})" if step.reason else ""
                found = f"{step.state}{reason}"
                yield self._one(("steps", id), f"the step {id} ends", state, found)

    def _moves(self) -> list[str]:
        return list(moves(self._played.course))

    def _deeds(self) -> list[Effect]:
        return self._played.effects

    def _absences(self) -> Iterator[Difference]:
        for index, words in enumerate(self._expect.never_says):
            found = [Line("+", one.text) for one in self._told if words in one.text]
            if found:
                expected = Line("-", f"nobody is told: {words}")
                yield self._of(("never_says", index), "what is told", [expected, *found])
        for index, name in enumerate(self._expect.never_does):
            done = [
                Line("+", deed_words(effect))
                for effect in self._deeds()
                if name in (effect.payload["action"], effect.payload["step"])
            ]
            if done:
                expected = Line("-", f"never: {name}")
                yield self._of(("never_does", index), "what is done", [expected, *done])

    def _times(self) -> Iterator[Difference]:
        for id, span in self._expect.times.items():
            ended = self._run.steps[id].ended
            found = span_words(ended - self._run.created) if ended else "not ended"
            if found != span_words(span):
                what = f"the time until {id} ended"
                yield self._one(("times", id), what, span_words(span), found)
        met = {one.name: one for one in measures(self._run, self._now)}
        for name, wanted in self._expect.objectives.items():
            measure = met.get(name)
            found = _MET[measure.met] if measure else "of no step"
            if found != wanted:
                took = f" after {span_words(measure.elapsed)}" if measure else ""
                what = f"the objective {name}"
                yield self._one(("objectives", name), what, wanted, f"{found}{took}")
        yield from self._limit()

    def _limit(self) -> Iterator[Difference]:
        limit, took = self._expect.within, (self._run.ended or self._now) - self._run.created
        if limit is not None and took > limit:
            expected = f"at most {span_words(limit)}"
            yield self._one("within", "the time it took", expected, span_words(took))

    def _list(
        self,
        name: str,
        what: str,
        wanted: Sequence[Any],
        happened: Sequence[Any],
        fits: Callable[[Any, Any], bool],
        words: Callable[[Any], str] = str,
    ) -> Iterator[Difference]:
        shown: Mapping[type, Callable[[Any], str]] = {Told: _told, Effect: deed_words}
        lines = aligned(
            [words(one) for one in wanted],
            happened,
            lambda n, thing: fits(wanted[n], thing),
            lambda thing: shown.get(type(thing), str)(thing),
        )
        if lines:
            yield self._of((name, self._first_missing(wanted, happened, fits)), what, lines)

    def _first_missing(
        self, wanted: Sequence[Any], happened: Sequence[Any], fits: Callable[[Any, Any], bool]
    ) -> int:
        rest = iter(happened)
        for index, one in enumerate(wanted):
            if not any(fits(one, thing) for thing in rest):
                return index
        return 0

    def _one(self, loc: str | Loc, what: str, expected: str, found: str) -> Difference:
        path = (loc,) if isinstance(loc, str) else loc
        return self._of(path, what, [Line("-", str(expected)), Line("+", str(found))])

    def _of(self, loc: Loc, what: str, lines: Sequence[Line]) -> Difference:
        return Difference(self._where(loc), what, tuple(lines))


def _why(run: Run) -> str:
    reasons = [f"{id} is {run.steps[id].state}" for id in run.open_steps]
    reasons += [f"{id}: {step.reason}" for id, step in run.steps.items() if step.state == "failed"]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _same(wanted: str, move: str) -> bool:
    return wanted == move


def _fits(wanted: str | Said, told: Told) -> bool:
    if isinstance(wanted, str):
        return wanted in told.text
    is_of_step = wanted.step in ("", told.step)
    fits = told.text == wanted.exactly.strip() if wanted.exactly else wanted.words in told.text
    return is_of_step and fits


def _wanted(wanted: str | Said) -> str:
    if isinstance(wanted, str):
        return wanted
    return f"{f'{wanted.step}: ' if wanted.step else ''}{wanted.exactly or wanted.words}"


def _told(told: Told) -> str:
    return f"{told.step}: {told.text}" if told.step else told.text


def _is(wanted: Done, effect: Effect) -> bool:
    given = effect.payload["given"]
    return wanted.step == effect.payload["step"] and all(
        str(given.get(key)) == str(value) for key, value in wanted.with_.items()
    )


def _deed(wanted: Done) -> str:
    return f"{wanted.step}: {', '.join(f'{key}={value}' for key, value in wanted.with_.items())}"
