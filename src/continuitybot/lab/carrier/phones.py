"""The employees' phones: what they received and what they answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from continuitybot.lab.company import Employee, Habit

_ASKS_FOR_ANSWER = re.compile(r"\b(?:reply|answer|antwort\w*)\b.*\b1\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Sms:
    """One text in a thread; `mine` when the owner of the phone wrote it."""

    at: datetime
    text: str
    mine: bool


@dataclass
class Phone:
    """An employee's phone. `opted_out` is what the carrier keeps after a STOP."""

    owner: Employee
    thread: list[Sms] = field(default_factory=list)
    opted_out: bool = False
    _answered: set[str] = field(default_factory=set)

    def receive(self, text: str, at: datetime) -> str:
        """Take a text; returns what the owner answers by habit ("" for nothing).

        Everybody answers a question once, however often it is sent.
        """
        self.thread.append(Sms(at, text, mine=False))
        if not _ASKS_FOR_ANSWER.search(text) or self.owner.habit is Habit.SILENT:
            return ""
        if text in self._answered:
            return ""
        self._answered.add(text)
        return str(self.owner.habit)

    def write(self, text: str, at: datetime) -> None:
        self.thread.append(Sms(at, text, mine=True))


class Phones:
    """Every phone there is, by number and by its owner's handle."""

    def __init__(self, employees: Sequence[Employee]) -> None:
        self._by_number = {who.phone: Phone(who) for who in employees if who.phone}
        self._by_handle = {phone.owner.handle: phone for phone in self._by_number.values()}

    def __iter__(self) -> Iterator[Phone]:
        return iter(self._by_number.values())

    def with_number(self, number: str) -> Phone | None:
        return self._by_number.get(number)

    def of(self, handle: str) -> Phone | None:
        return self._by_handle.get(handle)
