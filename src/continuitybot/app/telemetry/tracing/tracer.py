"""What happens, as spans: runs, their steps, the effects of these, calls, and verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from continuitybot.app.telemetry.tracing import span as spans
from continuitybot.app.telemetry.tracing.span import Exporter, Place, Span, Value
from continuitybot.calls import Call
from continuitybot.clock import Clock
from continuitybot.log import masked, present_facts
from continuitybot.store import Change, Effect

_TIMER = "run.timer"
_ENDS = {"run.finished": "", "run.failed": "the run failed", "run.cancelled": ""}
_BAD = frozenset({"failed", "unknown"})
_verb: ContextVar[Place | None] = ContextVar("verb", default=None)


@dataclass(frozen=True)
class _Open:
    """An effect that is being performed."""

    place: Place
    parent: int
    start: datetime
    lag: timedelta
    taken_over: bool


class Tracer:
    """Makes spans of what workers, committed changes, calls and verbs tell it.

    A run is one trace: the run, in it the tries of its steps, in these their effects, in these the
    calls to the outside. An effect of anything else is a trace of its own.
    """

    def __init__(self, exporter: Exporter, clock: Clock) -> None:
        self._exporter = exporter
        self._clock = clock
        self._open: dict[str, _Open] = {}

    # ---------------------------------------------------------------- effects

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None:
        if effect.kind != _TIMER:
            place, parent = _place(effect)
            self._open[effect.key] = _Open(place, parent, self._clock.now(), lag, taken_over)

    def ended(self, effect: Effect, state: str, seconds: float) -> None:
        error = f"the effect is {state}" if state in _BAD else ""
        self._effect_span(effect, seconds, state, error)

    def retried(self, effect: Effect, reason: str) -> None:
        took = self._took(effect)
        self._effect_span(effect, took, "retried", masked(reason))

    def fenced(self, effect: Effect) -> None:
        self._effect_span(effect, self._took(effect), "fenced", "another worker holds the effect")

    def _took(self, effect: Effect) -> float:
        begun = self._open.get(effect.key)
        return (self._clock.now() - begun.start).total_seconds() if begun else 0.0

    def _effect_span(self, effect: Effect, seconds: float, outcome: str, error: str) -> None:
        begun = self._open.pop(effect.key, None)
        if begun is None:
            return
        attributes: dict[str, Value] = {
            **_known(run=effect.payload.get("run"), step=effect.payload.get("step")),
            **_known(ref=effect.ref, effect=effect.key, kind=effect.kind, lease=effect.token),
            **_known(attempt=effect.attempts, outcome=outcome, taken_over=begun.taken_over),
            "continuitybot.lag_seconds": max(0.0, begun.lag.total_seconds()),
        }
        end = begun.start + timedelta(seconds=seconds)
        self._exporter.send(
            Span(begun.place, effect.kind, begun.start, end, begun.parent, (), attributes, error)
        )

    def called(self, call: Call) -> None:
        """A call to the outside has ended; it belongs to the effect that is being performed."""
        begun = self._open.get(str(present_facts().get("effect", "")))
        if begun is None:
            return
        end = self._clock.now()
        place = Place(begun.place.trace, spans.new_span())
        attributes = {"peer.service": call.system, "continuitybot.call": call.what}
        start = end - timedelta(seconds=call.seconds)
        name = f"call {call.system}"
        self._exporter.send(
            Span(place, name, start, end, begun.place.span, (), attributes, call.error)
        )

    # ----------------------------------------------------------------- verbs

    @contextmanager
    def verb(self, name: str, platform: str) -> Iterator[None]:
        """What a person asks for; whatever it does to runs is linked to it."""
        place, start = spans.new_place(), self._clock.now()
        token = _verb.set(place)
        try:
            yield
        finally:
            _verb.reset(token)
            attributes = _known(verb=name, platform=platform)
            end = self._clock.now()
            self._exporter.send(Span(place, f"verb {name}", start, end, attributes=attributes))

    # ---------------------------------------------------------------- changes

    def heard(self, changes: Sequence[Change]) -> None:
        """Runs that began or ended, and steps whose try is over."""
        for change in changes:
            if change.what == "run.advanced":
                self._step_span(change)
            elif change.what == "run.started" or change.what in _ENDS:
                self._run_span(change)

    def _run_span(self, change: Change) -> None:
        data, run = change.data, spans.place_of_run(change.ref, change.data["created"])
        facts = {name: data[name] for name in ("runbook", "mode", "requester", "incident")}
        attributes = _known(run=change.ref, **facts)
        created = datetime.fromisoformat(data["created"])
        if change.what == "run.started":  # the span of the run itself is known at its end only
            place = Place(run.trace, spans.new_span())
            begin = Span(place, "start", created, created, run.span, _links(), attributes)
            self._exporter.send(begin)
            return
        name, end = f"run {data['runbook']}", self._clock.now()
        attributes |= _known(state=data["state"])
        self._exporter.send(
            Span(run, name, created, end, 0, _links(), attributes, _ENDS[change.what])
        )

    def _step_span(self, change: Change) -> None:
        data = change.data
        tries_again = data["waits_for"] == "retry"
        if not data["started"] or not (data["ended"] or tries_again):
            return
        run = spans.place_of_run(change.ref, data["created"])
        place = spans.place_of_step(run, data["step"], data["started"])
        end = datetime.fromisoformat(data["ended"]) if data["ended"] else self._clock.now()
        facts = {name: data[name] for name in ("step", "action", "state", "mode")}
        failed = tries_again or data["state"] in _BAD
        error = masked(data["reason"]) or "the step failed" if failed else ""
        start, name = datetime.fromisoformat(data["started"]), f"step {data['step']}"
        attributes = _known(run=change.ref, **facts)
        self._exporter.send(Span(place, name, start, end, run.span, _links(), attributes, error))


def _place(effect: Effect) -> tuple[Place, int]:
    """Where the span of an effect stands, and the step around it."""
    order: Mapping[str, Any] = effect.payload
    if not order.get("run_started") or not order.get("step_started"):
        return spans.new_place(), 0
    run = spans.place_of_run(order["run"], order["run_started"])
    step = spans.place_of_step(run, order["step"], order["step_started"])
    return spans.place_of_effect(run.trace, effect.key, effect.token), step.span


def _links() -> tuple[Place, ...]:
    verb = _verb.get()
    return (verb,) if verb is not None else ()


def _known(**values: Any) -> dict[str, Value]:
    return {
        f"continuitybot.{name}": value for name, value in values.items() if value not in ("", None)
    }
