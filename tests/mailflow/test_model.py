"""The verdict on a check, from one observation after another."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from continuitybot.mailflow.model import (
    CheckRule,
    CheckState,
    Health,
    Hop,
    Maintenance,
    Mute,
    Observation,
    State,
    Transition,
    TransitionKind,
    best_of,
    grade,
    is_judged,
    known_health,
    observe,
)

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = CheckRule(fail_after=3, healthy_after=2)
LETTERS = {"o": State.OK, "l": State.LATE, "f": State.FAILED, "u": State.UNKNOWN}


def seen(state: State, minute: int = 0, **more: object) -> Observation:
    return Observation(START + minute * MINUTE, "primary", state, **more)  # type: ignore[arg-type]


def after(letters: str, rule: CheckRule = RULE) -> tuple[CheckState, list[Transition | None]]:
    """The state and all transitions after a window a minute: o, l, f or u."""
    state, told = CheckState(), []
    for minute, letter in enumerate(letters):
        state, transition = observe(state, seen(LETTERS[letter], minute), rule)
        told.append(transition)
    return state, told


def kinds(letters: str, rule: CheckRule = RULE) -> str:
    """What is told at each window: F failing, H healthy, ~ flapping, . nothing."""
    signs = {"failing": "F", "healthy": "H", "flapping": "~"}
    return "".join(signs[turn.kind] if turn else "." for turn in after(letters, rule)[1])


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ("ooo", "..."),  # first found healthy: nothing to tell
        ("fff", "..F"),  # but first found failing is told
        ("oofff", "....F"),
        ("lll", "..F"),  # late counts like failed
        ("flf", "..F"),
        ("ffofo", "....."),  # the counter leaks
        ("ffoff", "....F"),
        ("ffuuf", "....F"),  # unknown neither counts nor forgives
        ("uuuuuuuu", "........"),
        ("fffffff", "..F...."),  # told once
        ("fffooo", "..F..H"),  # healthy needs the counter at 0
        ("fffoouo", "..F...H"),
        ("fffofoooo", "..F....H."),
        ("fffffffffooo", "..F........H"),  # a long failure does not take long to forgive
    ],
)
def test_windows_lead_to_transitions(windows: str, told: str) -> None:
    assert kinds(windows) == told


def test_healthy_needs_consecutive_ok_beyond_an_empty_counter() -> None:
    rule = CheckRule(fail_after=1, healthy_after=3)
    assert kinds("fooo", rule) == "F..H"
    assert kinds("foofooo", rule) == "F.....H"


def test_failing_says_since_the_first_bad_window() -> None:
    state, told = after("ooffof" + "f")
    assert told[-1] == Transition(TransitionKind.FAILING, START + 2 * MINUTE)
    assert state.since == START + 2 * MINUTE
    assert state.worst is not None
    assert state.worst.at == START + 6 * MINUTE


def test_trouble_that_passed_is_forgotten() -> None:
    state, _ = after("ooffoo")
    assert (state.bad_since, state.worst) == (None, None)


def test_more_turns_than_allowed_are_flapping_told_once() -> None:
    rule = CheckRule(fail_after=1, healthy_after=1, flapping_after=3, flapping_window=10 * MINUTE)
    assert kinds("ofofofof", rule) == ".FHF~..."


@pytest.mark.parametrize(("rest", "end"), [("o", "H"), ("f", "F")])
def test_flapping_ends_with_the_state_it_came_to_rest_in(rest: str, end: str) -> None:
    rule = CheckRule(fail_after=1, healthy_after=1, flapping_after=3, flapping_window=10 * MINUTE)
    told = kinds("ofofof" + rest * 12, rule)
    assert told.count("~") == 1
    assert told.rstrip(".").endswith(f".{end}")
    assert told.index(end, 5) >= 14


def test_a_check_that_is_silent_is_not_called_healthy() -> None:
    heard = (seen(State.OK, 1), seen(State.UNKNOWN, 8))
    assert known_health(Health.HEALTHY, heard, START + MINUTE) is Health.HEALTHY
    assert known_health(Health.HEALTHY, heard, START + 5 * MINUTE) is Health.UNKNOWN
    assert known_health(Health.FAILING, (), START) is Health.FAILING


@pytest.mark.parametrize(
    ("latency", "state"), [(29.9, State.OK), (30.0, State.OK), (30.1, State.LATE), (None, State.OK)]
)
def test_slower_than_the_rule_allows_is_late(latency: float | None, state: State) -> None:
    rule = CheckRule(late_after=timedelta(seconds=30))
    assert grade(seen(State.OK, latency=latency), rule).state is state


def test_what_failed_stays_failed_however_slow() -> None:
    rule = CheckRule(late_after=timedelta(seconds=30))
    assert grade(seen(State.FAILED, latency=99.0), rule).state is State.FAILED


FAILED_AT_BANNER = seen(State.FAILED, hop=Hop.BANNER, detail="mx1: closed.")
FAILED_AT_RCPT = seen(State.FAILED, hop=Hop.RCPT, detail="mx2: 451.")
GOOD = seen(State.OK, hop=Hop.RCPT, latency=0.2)


def test_a_check_fails_only_when_every_route_fails() -> None:
    best = best_of([FAILED_AT_BANNER, GOOD, FAILED_AT_RCPT])
    assert best.state is State.OK
    assert best.detail == "mx1: closed. mx2: 451."


def test_among_failed_routes_the_one_that_got_furthest_speaks() -> None:
    best = best_of([FAILED_AT_BANNER, FAILED_AT_RCPT])
    assert (best.state, best.hop) == (State.FAILED, Hop.RCPT)


def test_a_route_that_could_not_be_tried_keeps_the_check_from_failing() -> None:
    assert best_of([FAILED_AT_RCPT, seen(State.UNKNOWN)]).state is State.UNKNOWN


NIGHT = Maintenance(frozenset({6}), time(23), timedelta(hours=3), ZoneInfo("Europe/Vienna"))


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        (datetime(2026, 3, 8, 21, 59, tzinfo=UTC), False),  # Sunday 22:59 in Vienna
        (datetime(2026, 3, 8, 22, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 9, 0, 59, tzinfo=UTC), True),  # Monday 01:59
        (datetime(2026, 3, 9, 1, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 9, 22, 30, tzinfo=UTC), False),  # Monday 23:30
    ],
)
def test_maintenance_runs_past_midnight_in_its_own_zone(moment: datetime, covered: bool) -> None:
    assert NIGHT.covers(moment) is covered


def test_a_check_is_not_judged_while_muted_or_in_maintenance() -> None:
    mute = Mute("primary", START + MINUTE, "alice")
    assert not is_judged(START, mute, ())
    assert is_judged(START + MINUTE, mute, ())
    assert not is_judged(datetime(2026, 3, 8, 22, 0, tzinfo=UTC), None, (NIGHT,))


windows = some.text(alphabet="oflu", max_size=80)
rules = some.builds(
    CheckRule,
    fail_after=some.integers(1, 5),
    healthy_after=some.integers(1, 5),
    flapping_after=some.integers(2, 6),
    flapping_window=some.integers(1, 40).map(lambda minutes: minutes * MINUTE),
)


@given(windows, rules)
def test_the_counter_stays_between_nothing_and_failing(letters: str, rule: CheckRule) -> None:
    state, _ = after(letters, rule)
    assert 0 <= state.counter <= rule.fail_after
    assert len(state.turns) <= len(letters)


@given(windows, rules)
def test_the_same_thing_is_never_told_twice_in_a_row(letters: str, rule: CheckRule) -> None:
    _, told = after(letters, rule)
    kinds_told = [turn.kind for turn in told if turn is not None]
    pairs = itertools.pairwise(kinds_told)
    assert all(first is not second for first, second in pairs)


@given(windows, rules)
def test_failing_is_told_only_after_enough_bad_windows(letters: str, rule: CheckRule) -> None:
    _, told = after(letters, rule)
    for index, turn in enumerate(told):
        if turn is not None and turn.kind is TransitionKind.FAILING:
            bad = sum(letter in "fl" for letter in letters[: index + 1])
            assert bad >= rule.fail_after
            assert turn.since <= START + index * MINUTE


@given(windows, rules)
def test_unknown_windows_alone_never_turn_anything(letters: str, rule: CheckRule) -> None:
    state, _ = after(letters, rule)
    silent, told = observe(state, seen(State.UNKNOWN, len(letters)), rule)
    assert (silent.health, silent.counter) == (state.health, state.counter)
    assert told is None or state.flapping


@given(windows, rules)
def test_a_long_calm_always_ends_healthy(letters: str, rule: CheckRule) -> None:
    state, _ = after(letters + "o" * 60, rule)
    assert state.health is Health.HEALTHY
    assert not state.flapping


@given(windows, rules)
def test_what_fails_always_knows_its_worst_window(letters: str, rule: CheckRule) -> None:
    state, _ = after(letters, rule)
    assert (state.health is Health.FAILING) <= (state.worst is not None and bool(state.bad_since))
