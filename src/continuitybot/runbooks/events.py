"""Everything that can happen to a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Started:
    """It is to begin."""


@dataclass(frozen=True)
class EffectSucceeded:
    """An effect was performed; `data` is what came of it."""

    key: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EffectFailed:
    """An effect did not happen and will not."""

    key: str
    reason: str


@dataclass(frozen=True)
class EffectUnknown:
    """An effect may or may not have happened."""

    key: str
    reason: str


@dataclass(frozen=True)
class TimerDue:
    """A moment that a step waited for has come."""

    key: str


@dataclass(frozen=True)
class SubjectChanged:
    """Objects outside have changed: a hint to look at them, not yet an answer."""

    subjects: frozenset[str]


@dataclass(frozen=True)
class Answered:
    """A person chose one of the answers of a question."""

    step: str
    by: str
    choice: str


@dataclass(frozen=True)
class PersonDid:
    """A person says that a step is done; `text` is their evidence."""

    step: str
    by: str
    text: str = ""


@dataclass(frozen=True)
class Attached:
    """A person gives a file as evidence for an item; its content is kept elsewhere."""

    step: str
    by: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class PersonSkipped:
    """A person wants a step left out."""

    step: str
    by: str
    text: str = ""


@dataclass(frozen=True)
class PersonFailed:
    """A person says that a step has failed, for good."""

    step: str
    by: str
    text: str = ""


@dataclass(frozen=True)
class PersonRetried:
    """A person wants the run to go on again from a step."""

    step: str
    by: str
    text: str = ""


@dataclass(frozen=True)
class Noted:
    """A person leaves a remark."""

    by: str
    text: str


@dataclass(frozen=True)
class Paused:
    """Nothing new is to begin for now."""

    by: str


@dataclass(frozen=True)
class Resumed:
    """The pause is over."""

    by: str


@dataclass(frozen=True)
class Cancelled:
    """The run is to end here."""

    by: str
    text: str = ""


Event = (
    Started
    | EffectSucceeded
    | EffectFailed
    | EffectUnknown
    | TimerDue
    | SubjectChanged
    | Answered
    | PersonDid
    | Attached
    | PersonSkipped
    | PersonFailed
    | PersonRetried
    | Noted
    | Paused
    | Resumed
    | Cancelled
)
