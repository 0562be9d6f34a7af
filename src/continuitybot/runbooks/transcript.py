"""What is said and asked while a run is played."""

from __future__ import annotations

from typing import NamedTuple

from continuitybot.runbooks.ports import Place, Question


class Told(NamedTuple):
    """One thing that a step said or asked; `step` is "" when the stage itself says it."""

    run: str
    step: str
    text: str


class Transcript:
    """Everything that was said and asked, in order, as the speaker of tabletop ports."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def of(self, run: str, step: str = "") -> tuple[Told, ...]:
        """What one run, or one step of it, said and asked."""
        return tuple(one for one in self.told if one.run == run and step in ("", one.step))

    def note(self, run: str, text: str) -> None:
        """Something that no step said."""
        self.told.append(Told(run, "", text))

    async def say(self, place: Place, text: str, to: str = "") -> None:
        self.told.append(Told(place.run, place.step, text.strip()))

    async def ask(self, place: Place, question: Question) -> None:
        text = f"{question.text} {' / '.join(question.choices.values())}"
        await self.say(place, text)
