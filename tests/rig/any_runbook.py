"""Runbooks that nobody would write: any steps, nested and ruled in any way the language allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from continuitybot.runbooks.definition import (
    PARALLEL,
    Definition,
    Kind,
    OnFailure,
    Retry,
    StepDefinition,
)

_BODIES: list[tuple[str, dict[str, Any]]] = [
    ("check", {"expect": "any"}),
    ("say", {"text": "x"}),
    ("ask", {"text": "Go", "choices": {"go": "Go", "stay": "Stay"}}),
    ("do", {"text": "x"}),
    ("do", {"text": "x", "due": "1h"}),
    ("approve", {"text": "OK"}),
    ("invoke", {}),
    ("http", {"url": "https://a.example", "method": "POST"}),
    ("run", {"runbook": "other"}),
    ("wait", {"for": "5m"}),
    ("wait", {"healthy": {"direction": "inbound", "for": "1m"}}),
]
_POLICIES = [OnFailure.STOP, OnFailure.CONTINUE, OnFailure.CONTINUE, OnFailure.ASK, OnFailure.GOTO]
_SPANS = st.sampled_from([None, None, timedelta(minutes=1), timedelta(hours=2)])
_DEEPEST = 2


@dataclass
class _Pen:
    """Draws steps, each with the next id; `written` are those a condition can look back at."""

    draw: st.DrawFn
    is_checklist: bool
    written: list[str] = field(default_factory=list)
    count: int = 0

    def track(self, depth: int) -> tuple[StepDefinition, ...]:
        size = self.draw(st.integers(1, 4 if depth == 0 else 2))
        first = self.count + 1
        self.count += size
        ids = [f"s{number}" for number in range(first, self.count + 1)]
        steps: list[StepDefinition] = []
        for index, id in enumerate(ids):
            before = steps[-1].action if steps else ""
            steps.append(self.step(id, tuple(ids[index + 1 :]), before, depth))
        return tuple(steps)

    def step(self, id: str, later: tuple[str, ...], before: str, depth: int) -> StepDefinition:
        choices = [*_BODIES, *([(PARALLEL, {})] * 4 if depth < _DEEPEST else [])]
        action, body = self.draw(st.sampled_from(choices))
        policy = self.draw(st.sampled_from(_POLICIES))
        if policy is OnFailure.GOTO and not later:
            policy = OnFailure.ASK
        when = ""
        if self.written and self.draw(st.integers(0, 4)) == 0:
            when = f"steps.{self.draw(st.sampled_from(self.written))}.state == 'done'"
        written = list(self.written)
        branches: tuple[tuple[StepDefinition, ...], ...] = ()
        if action == PARALLEL:  # branches do not see each other
            branches = (self.track(depth + 1), self.track(depth + 1))
        self.written = [*written, id]
        times = self.draw(st.integers(1, 3))
        return StepDefinition(
            id=id,
            title=id,
            action=action,
            body=body,
            when=when,
            timeout=self.draw(_SPANS),
            retry=Retry(times, timedelta(seconds=5)) if times > 1 else Retry(),
            on_failure=policy,
            goto=self.draw(st.sampled_from(later)) if policy is OnFailure.GOTO else "",
            branches=branches,
            with_previous=self.is_checklist and before == action == "do",
        )


@st.composite
def any_runbook(draw: st.DrawFn) -> Definition:
    """A runbook with up to four steps in a row, and parallel steps inside parallel steps."""
    kind = draw(st.sampled_from([Kind.INCIDENT, Kind.INCIDENT, Kind.CHECKLIST]))
    pen = _Pen(draw, kind is Kind.CHECKLIST)
    return Definition("any", "Any", kind, pen.track(0))
