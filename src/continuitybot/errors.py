"""Every error the product raises on purpose, named for its consequence.

ContinuityError
├── Refused            the person must change something; nothing was done
│   ├── BadInput       a file, a form or a text with problems, all of them listed
│   ├── NotAllowed     the person may not do this; says who could
│   ├── NotFound       a reference or name that does not exist
│   └── Stale          the world is no longer what the plan was made for
├── Transient          may work later; carries when to try again
│   └── Unreadable     written by a newer version; to be left to an instance of that
├── Permanent          will not work however often it is tried
└── OutcomeUnknown     it may or may not have happened; never repeat blindly
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ContinuityError(Exception):
    """The base of all errors raised on purpose; its text is meant for a person."""

    def __init__(self, text: str, *, remedy: str = "", code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}".strip()


class Refused(ContinuityError):
    """Nothing was done; the person must change something first."""


class NotAllowed(Refused):
    """The person has no authority for this act; the remedy names who has."""


class NotFound(Refused):
    """No object of that reference or name exists."""


class Stale(Refused):
    """The plan was made for a state of the world that no longer holds."""


@dataclass(frozen=True)
class Problem:
    """One fault of an input: where it is, what it is, and what to do about it.

    `where` is `file:line:column` for files, a field or row name otherwise.
    `value` is the offending value as the person wrote it ("" when there is none).
    """

    where: str
    what: str
    value: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        value = f" (found {self.value})" if self.value else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.what}{value}.{remedy}"


class BadInput(Refused):
    """An input with problems; all of them are listed, not only the first."""

    def __init__(self, title: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([title, *(f"  {problem}" for problem in problems)]))


class Transient(ContinuityError):
    """May work later. `retry_after` is in seconds when the other side named it."""

    def __init__(
        self, text: str, *, remedy: str = "", code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(text, remedy=remedy, code=code)
        self.retry_after = retry_after


class Unreadable(Transient):
    """A newer version has written it; an instance of that version can read it, this one cannot."""


class Permanent(ContinuityError):
    """Will not work however often it is tried."""


class OutcomeUnknown(ContinuityError):
    """The request may or may not have had its effect; it must be reconciled, not repeated."""
