"""Plans, and what is seen of them: values that people read and providers give. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Position(StrEnum):
    """Where the routes of a plan stand, compared with the plan."""

    BEFORE = "before"
    AFTER = "after"
    NEITHER = "neither"  # some of each, or something the plan does not know


@dataclass(frozen=True)
class Scope:
    """The domains whose mail is switched; a drill has only pilot domains."""

    domains: tuple[str, ...]
    drill: bool = False


@dataclass(frozen=True)
class Change:
    """One thing that becomes different: `route for harbour.example`, primary, standby."""

    what: str
    before: str
    after: str
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Plan:
    """Exactly what a provider will do, and what undoes it. `id` is its name for ever."""

    id: str
    provider: str
    scope: Scope
    changes: tuple[Change, ...]
    undo: str
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The plan as a person reads it."""
        return [str(change) for change in self.changes]

    @property
    def reversed_lines(self) -> list[str]:
        """What failing back does, as a person reads it."""
        return [f"{c.what}: {c.after} → {c.before}" for c in self.changes]


@dataclass(frozen=True)
class Instructions:
    """What a person has to do, one sentence each, in order."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What was seen when something was put to the proof; `reason` says why it is not ok."""

    ok: bool
    facts: tuple[str, ...] = ()
    reason: str = ""

    def __add__(self, other: Evidence) -> Evidence:
        reason = "; ".join(r for r in (self.reason, other.reason) if r)
        return Evidence(self.ok and other.ok, self.facts + other.facts, reason)

    def __str__(self) -> str:
        return self.reason or "; ".join(self.facts)


@dataclass(frozen=True)
class Backlog:
    """What became of the messages the standby took; `counted` is False where nobody can count."""

    taken: int = 0
    delivered: int = 0
    duplicates: int = 0
    outstanding: int = 0
    lost: int = 0
    counted: bool = True

    @classmethod
    def uncounted(cls) -> Backlog:
        """The backlog of a standby that cannot be asked."""
        return cls(counted=False)

    @property
    def empty(self) -> bool:
        """Nothing is left that anybody knows of."""
        return self.outstanding == 0

    @property
    def unaccounted(self) -> int:
        """Messages the standby took that are neither delivered, nor waiting, nor known lost."""
        return max(0, self.taken - self.delivered - self.outstanding - self.lost)

    def __add__(self, other: Backlog) -> Backlog:
        return Backlog(
            self.taken + other.taken,
            self.delivered + other.delivered,
            self.duplicates + other.duplicates,
            self.outstanding + other.outstanding,
            self.lost + other.lost,
            self.counted and other.counted,
        )

    def __str__(self) -> str:
        if not self.counted:
            return "the provider does not count what the standby took"
        return (
            f"the standby took {self.taken}, {self.delivered} delivered, "
            f"{self.outstanding} outstanding, {self.duplicates} twice, {self.lost} lost"
        )
