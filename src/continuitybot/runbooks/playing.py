"""One run on the stage: how it goes, and what its scenario still has for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from continuitybot.runbooks.model import Effect, Run
from continuitybot.runbooks.moves import LOOK, TIMER
from continuitybot.runbooks.scenario import Part, Result
from continuitybot.runbooks.states import StepState

_FOR_PEOPLE = frozenset({StepState.WAITING, StepState.HELD, StepState.UNKNOWN})


class Played:
    """A run that is played: `course` is the run after each event, `effects` what it did outside.

    `started_by` is the key of the effect that started it, "" for none.
    """

    def __init__(
        self, run: Run, part: Part, *, recorded: bool = False, started_by: str = ""
    ) -> None:
        self.run = run
        self.part = part
        self.recorded = recorded
        self.parent, self.parent_step = (*started_by.split("/"), "")[:2]
        self.course: list[Run] = [run]
        self.effects: list[Effect] = []
        self.cued: set[str] = set()
        self._under_way: set[str] = set()
        self._results = {id: deque(listed) for id, listed in part.results.items()}

    def goes_on(self, after: Run, effects: tuple[Effect, ...]) -> None:
        """An event has made this of it."""
        self.run = after
        self.course.append(after)
        self.effects += [effect for effect in effects if effect.kind not in (TIMER, LOOK)]

    def awaits(self, key: str) -> bool:
        """Whether the step that ordered an effect still wants to hear from it."""
        return self.run.steps[key.split("/")[1]].purpose_of(key) is not None

    def take_result(self, step: str) -> Result | None:
        """How the next try of a step turns out outside, if the scenario says so."""
        results = self._results.get(step)
        if not results or results[0].is_by_person:
            return None
        self._under_way.add(step)
        return results[0] if len(results) == 1 else results.popleft()

    def hears(self, step: str) -> None:
        """Something that was planned for a step comes about now."""
        self.cued.discard(step)
        self._under_way.discard(step)

    def people_to_cue(self) -> Iterator[tuple[str, Result]]:
        """What people do next about steps that wait for them, as the scenario says."""
        for id, results in self._results.items():
            if not results or not results[0].is_by_person:
                continue
            if id in self.cued or id in self._under_way:
                continue
            if self.run.steps[id].state in _FOR_PEOPLE:
                self.cued.add(id)
                yield id, results.popleft()
