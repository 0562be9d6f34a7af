"""What a check is known to be, decided from one observation after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum


class Hop(StrEnum):
    """The steps of a message from name look-up to mailbox, in the order it takes them."""

    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    ACCEPTED = "accepted"
    FIRST_RECEIVED = "first-received"
    MAILBOX = "mailbox"

    @property
    def order(self) -> int:
        """How far along the way this hop is, from 0."""
        return tuple(Hop).index(self)


class State(StrEnum):
    """What one probe saw. Unknown means that it could not look: neither good nor bad."""

    OK = "ok"
    LATE = "late"
    FAILED = "failed"
    UNKNOWN = "unknown"


BAD = frozenset({State.LATE, State.FAILED})


@dataclass(frozen=True)
class Observation:
    """What one probe of one check saw from one place.

    `at` is when the probe began, `latency` in seconds (None when nothing was measured), `hop` how
    far it got (None for what has no hops, such as HTTP), `code` the peer's reply (`451 4.7.0`) or
    a word for what is no reply (`refused`, `timeout`), `detail` one sentence in plain words.
    """

    at: datetime
    check: str
    state: State
    latency: float | None = None
    hop: Hop | None = None
    code: str = ""
    detail: str = ""
    vantage: str = ""


@dataclass(frozen=True)
class CheckRule:
    """How many observations it takes to call a check failing, healthy or flapping.

    An ok observation slower than `late_after` counts as late. A check with more than
    `flapping_after` transitions within `flapping_window` is flapping.
    """

    fail_after: int = 3
    healthy_after: int = 2
    late_after: timedelta | None = None
    flapping_after: int = 4
    flapping_window: timedelta = timedelta(minutes=30)


class Health(StrEnum):
    """What a check is held to be."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    FAILING = "failing"


class TransitionKind(StrEnum):
    """What is worth telling about a check."""

    FAILING = "failing"
    HEALTHY = "healthy"
    FLAPPING = "flapping"


@dataclass(frozen=True)
class Transition:
    """A check became something; `since` is when that began to be true."""

    kind: TransitionKind
    since: datetime


@dataclass(frozen=True)
class CheckState:
    """Everything remembered of a check between two observations.

    `counter` leaks: one up for a bad observation, one down for an ok one, between 0 and the
    rule's `fail_after`. `bad_since` is when the present trouble began, `worst` its last bad
    observation, `turns` the moments of recent transitions.
    """

    health: Health = Health.UNKNOWN
    since: datetime | None = None
    counter: int = 0
    ok_streak: int = 0
    bad_since: datetime | None = None
    worst: Observation | None = None
    turns: tuple[datetime, ...] = ()
    flapping: bool = False


def grade(observation: Observation, rule: CheckRule) -> Observation:
    """The observation, late instead of ok when it took longer than the rule allows."""
    if observation.state is not State.OK or rule.late_after is None:
        return observation
    limit = rule.late_after.total_seconds()
    if observation.latency is None or observation.latency <= limit:
        return observation
    detail = f"It took {observation.latency:.1f} s; more than {limit:g} s is late."
    return replace(observation, state=State.LATE, code="slow", detail=detail)


def observe(
    state: CheckState, observation: Observation, rule: CheckRule
) -> tuple[CheckState, Transition | None]:
    """The check after one more (graded) observation, and what there is to tell, if anything.

    The first time a check is found healthy is not worth telling; the first time it fails is.
    """
    after = _count(state, observation, rule)
    health = _judge(after, rule)
    turned = health is not state.health and (state.health, health) != _FIRST_GOOD_NEWS
    turns = tuple(t for t in after.turns if observation.at - t < rule.flapping_window)
    if turned:
        turns = (*turns, observation.at)
    flapping = bool(turns) and (state.flapping or len(turns) > rule.flapping_after)
    if health is not state.health:
        failing_since = after.bad_since or observation.at
        since = failing_since if health is Health.FAILING else observation.at
        after = replace(after, health=health, since=since)
    if after.counter == 0 and health is not Health.FAILING:
        after = replace(after, bad_since=None, worst=None)
    after = replace(after, turns=turns, flapping=flapping)
    return after, _to_tell(state, after, turned, observation.at)


_FIRST_GOOD_NEWS = (Health.UNKNOWN, Health.HEALTHY)


def _count(state: CheckState, observation: Observation, rule: CheckRule) -> CheckState:
    if observation.state is State.UNKNOWN:
        return state
    if observation.state is State.OK:
        return replace(state, counter=max(state.counter - 1, 0), ok_streak=state.ok_streak + 1)
    return replace(
        state,
        counter=min(state.counter + 1, rule.fail_after),
        ok_streak=0,
        bad_since=state.bad_since or observation.at,
        worst=observation,
    )


def _judge(state: CheckState, rule: CheckRule) -> Health:
    if state.counter >= rule.fail_after:
        return Health.FAILING
    if state.counter == 0 and state.ok_streak >= rule.healthy_after:
        return Health.HEALTHY
    return state.health


def _to_tell(
    before: CheckState, after: CheckState, turned: bool, now: datetime
) -> Transition | None:
    if after.flapping:
        return None if before.flapping else Transition(TransitionKind.FLAPPING, after.turns[0])
    if turned or before.flapping:
        return Transition(TransitionKind(after.health), after.since or now)
    return None


def known_health(health: Health, history: Sequence[Observation], since: datetime) -> Health:
    """The health to show: nothing is called healthy that has not answered `since` a moment."""
    answered = any(one.at >= since and one.state is not State.UNKNOWN for one in history)
    return Health.UNKNOWN if health is Health.HEALTHY and not answered else health


def best_of(routes: Sequence[Observation]) -> Observation:
    """One observation for a check with several routes: it fails only when every route fails.

    Among equally good routes the quickest speaks; among failed ones the one that got furthest.
    The detail also says which other routes were bad. At least one route is needed.
    """
    best = min(routes, key=_preference)
    others = [one for one in routes if one is not best and one.state is not State.OK]
    words = [text for text in (best.detail, *(one.detail for one in others)) if text]
    return replace(best, detail=" ".join(dict.fromkeys(words)))


_PREFERRED = (State.OK, State.LATE, State.UNKNOWN, State.FAILED)


def _preference(route: Observation) -> tuple[int, int, float]:
    furthest = -route.hop.order if route.hop is not None else 0
    latency = route.latency if route.latency is not None else 0.0
    if route.state is State.FAILED:
        return _PREFERRED.index(route.state), furthest, 0.0
    return _PREFERRED.index(route.state), 0, latency


@dataclass(frozen=True)
class Maintenance:
    """A time of the week in which a check is watched but not judged.

    `days` are weekdays on which it begins (0 is Monday), at `start` in `zone`; it may run past
    midnight.
    """

    days: frozenset[int]
    start: time
    length: timedelta
    zone: tzinfo

    def covers(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        local = moment.astimezone(self.zone)
        days_back = range(self.length.days + 2)
        begins = (
            datetime.combine(local.date() - timedelta(days=back), self.start, self.zone)
            for back in days_back
        )
        return any(
            begin.weekday() in self.days and begin <= local < begin + self.length
            for begin in begins
        )


@dataclass(frozen=True)
class CheckView:
    """What there is to show of a check at one moment.

    `health` is unknown when nothing was heard for too long; `worst` is the last bad observation
    of the present trouble, `history` recent observations, oldest first.
    """

    name: str
    title: str
    kind: str
    direction: str
    control: bool
    health: Health
    flapping: bool = False
    since: datetime | None = None
    muted_until: datetime | None = None
    worst: Observation | None = None
    last: Observation | None = None
    history: tuple[Observation, ...] = ()


@dataclass(frozen=True)
class Mute:
    """Somebody does not want to hear of a check until a moment."""

    check: str
    until: datetime
    by: str
    why: str = ""


def is_judged(now: datetime, mute: Mute | None, maintenance: Iterable[Maintenance]) -> bool:
    """Whether observations count now; muted or in maintenance a check is only watched."""
    muted = mute is not None and now < mute.until
    return not muted and not any(window.covers(now) for window in maintenance)
