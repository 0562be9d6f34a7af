"""The states of an incident, and what alerts make of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from continuitybot.errors import Refused
from continuitybot.incidents.model import (
    TRANSITIONS,
    Alert,
    Incident,
    Paging,
    Severity,
    Status,
    acknowledged,
    closed,
    joint_direction,
    moved,
    severity_of,
    with_alert,
    without_alert,
)

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
OPEN = Incident(
    "INC-7", "Outbound mail is failing", Severity.SEV2, NINE, NINE, paging=Paging().begun()
)


def alert(check: str, direction: str, since: datetime = NINE) -> Alert:
    return Alert(check, direction, since, since)


PAIRS = [(old, new) for old in Status for new in Status]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_only_the_transitions_of_the_table_are_made(old: Status, new: Status) -> None:
    incident = replace(OPEN, status=old)
    if new in TRANSITIONS[old]:
        assert moved(incident, new).status is new
    else:
        with pytest.raises(Refused, match=f"INC-7 is {old} and cannot become {new}"):
            moved(incident, new)


def test_a_closed_incident_stays_closed() -> None:
    with pytest.raises(Refused):
        closed(closed(OPEN, "alice", NINE), "bob", NINE)


@pytest.mark.parametrize(
    ("directions", "joint", "severity"),
    [
        (("inbound",), "inbound", Severity.SEV1),
        (("outbound",), "outbound", Severity.SEV2),
        (("both",), "both", Severity.SEV1),
        (("inbound", "outbound"), "both", Severity.SEV1),
        (("outbound", ""), "outbound", Severity.SEV2),
        (("",), "", Severity.SEV3),
        ((), "", Severity.SEV3),
    ],
)
def test_severity_follows_from_the_directions_that_fail(
    directions: tuple[str, ...], joint: str, severity: Severity
) -> None:
    found = joint_direction(alert(f"check-{n}", one) for n, one in enumerate(directions))
    assert (found, severity_of(found)) == (joint, severity)


def test_a_second_alert_of_the_same_severity_leaves_the_acknowledgement_alone() -> None:
    taken_on = acknowledged(with_alert(OPEN, alert("a", "outbound")), "alice", NINE)
    assert not with_alert(taken_on, alert("b", "outbound")).paging.active


def test_a_rise_in_severity_pages_again() -> None:
    taken_on = acknowledged(with_alert(OPEN, alert("a", "outbound")), "alice", NINE)
    worse = with_alert(taken_on, alert("b", "inbound"))
    assert (worse.severity, worse.paging.active) == (Severity.SEV1, True)


def test_severity_does_not_fall_by_itself() -> None:
    both = with_alert(with_alert(OPEN, alert("a", "inbound")), alert("b", "outbound"))
    assert without_alert(both, "a", NINE).severity is Severity.SEV1


def test_the_fault_began_with_the_earliest_alert() -> None:
    earlier = alert("a", "outbound", NINE - timedelta(minutes=5))
    assert with_alert(OPEN, earlier).fault_since == NINE - timedelta(minutes=5)


def test_an_incident_recovers_when_its_last_alert_closes() -> None:
    failing = with_alert(with_alert(OPEN, alert("a", "outbound")), alert("b", "outbound"))
    half = without_alert(failing, "a", NINE)
    assert (half.status, half.recovered) == (Status.OPEN, None)
    healed = without_alert(half, "b", NINE + timedelta(hours=1))
    assert healed.status is Status.MONITORING
    assert healed.recovered == NINE + timedelta(hours=1)
    assert not healed.paging.active


def test_a_relapse_opens_the_incident_and_its_pages_again() -> None:
    failing = with_alert(OPEN, alert("a", "outbound"))
    healed = without_alert(acknowledged(failing, "alice", NINE), "a", NINE)
    again = with_alert(healed, alert("a", "outbound", NINE + timedelta(minutes=9)))
    assert (again.status, again.recovered) == (Status.OPEN, None)
    assert again.paging.active
    assert again.acknowledged == NINE


def test_a_healthy_check_without_an_alert_changes_nothing() -> None:
    assert without_alert(OPEN, "a", NINE) == OPEN
