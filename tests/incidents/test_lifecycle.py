"""Stories of an incident from its first alert to its closing."""

import asyncio
from datetime import timedelta

import pytest

from continuitybot import audit
from continuitybot.errors import NotFound, Refused
from continuitybot.incidents.model import Status
from continuitybot.settings.incidents import IncidentSettings
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.on_call import Desk, desk_at
from rig.people import ALICE, CAROL


async def event(desk: Desk, what: str, state: str, **data: object) -> None:
    await desk.announce("EVT-1", f"event.{what}", f"EVT-1 is {state}.", state=state, **data)


async def test_a_second_failing_check_joins_the_open_incident(desk: Desk) -> None:
    await desk.fails("outbound-mail", "outbound")
    await desk.incidents.ack("INC-1", CAROL)
    await desk.fails("inbound-mail", "inbound")
    incident = await desk.incident()
    assert [alert.check for alert in incident.open_alerts] == ["outbound-mail", "inbound-mail"]
    assert incident.severity == "sev1"
    assert incident.needs_acknowledgement
    async with desk.database.reading() as tx:
        assert len(await desk.incidents.open_incidents(tx)) == 1
    assert "INC-1 is now sev1: mail is failing in both directions." in [
        line.text for line in await desk.timeline()
    ]


async def test_health_ends_the_pages_and_is_measured(desk: Desk) -> None:
    await desk.fails()
    desk.clock.advance(minutes=3)
    await desk.heals()
    await desk.passes(hours=2)
    incident = await desk.incident()
    assert incident.status is Status.MONITORING
    assert desk.texted == ["carol"]
    assert (await desk.timeline())[-1].text == (
        "Every check was healthy again 5 minutes after the fault began "
        "(objective 8 hours: met, 7 hours 55 minutes to spare). INC-1 is being monitored."
    )


async def test_a_relapse_while_monitoring_pages_again(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.ack("INC-1", CAROL)
    await desk.heals()
    desk.clock.advance(minutes=10)
    await desk.fails()
    assert (await desk.incident()).status is Status.OPEN
    assert desk.texted == ["carol", "carol"]
    assert "INC-1: the fault is back, 10 minutes after the recovery." in [
        line.text for line in await desk.timeline()
    ]


async def test_the_milestones_of_an_event_are_measured_and_told(desk: Desk) -> None:
    await desk.fails()
    await event(desk, "planned", "planned", incident="INC-1", requester="alice")
    assert (await desk.incident()).status is Status.OPEN
    desk.clock.advance(minutes=10)
    await event(desk, "approved", "approved")
    assert (await desk.incident()).status is Status.MITIGATING
    desk.clock.advance(minutes=30)
    await event(desk, "activated", "active")
    incident = await desk.incident()
    assert incident.proved is not None
    assert incident.invoked is not None
    assert incident.proved - incident.invoked == timedelta(minutes=30)
    told = [(line.who, line.text) for line in await desk.timeline()]
    assert ("alice", "EVT-1 is planned.") in told
    assert (
        "bot",
        "Mail was proved to flow through the standby 42 minutes after the fault began "
        "(objective 35 minutes: missed by 7 minutes).",
    ) in told


async def test_a_switch_that_was_taken_back_leaves_the_incident_open_again(desk: Desk) -> None:
    await desk.fails()
    await event(desk, "approved", "approved", incident="INC-1")
    await event(desk, "rolled_back", "rolled_back")
    assert (await desk.incident()).status is Status.OPEN


async def test_employees_are_informed_when_every_text_has_left(desk: Desk) -> None:
    await desk.fails()
    await desk.announce("SMS-1", "broadcast.approved", "SMS-1 goes.", incident="INC-1")
    counts = {"total": 3, "sent": 1, "queued": 2}
    await desk.announce("SMS-1", "broadcast.progressed", "1 of 3.", counts=counts)
    assert (await desk.incident()).informed is None
    desk.clock.advance(minutes=1)
    counts = {"total": 3, "sent": 2, "delivered": 1, "queued": 0}
    await desk.announce("SMS-1", "broadcast.progressed", "3 of 3.", counts=counts)
    assert (await desk.incident()).informed == desk.clock.now()
    assert "1 of 3." not in [line.text for line in await desk.timeline()]


async def test_approvals_of_a_linked_event_are_on_the_timeline(desk: Desk) -> None:
    await desk.fails()
    await event(desk, "planned", "planned", incident="INC-1")
    await desk.announce("EVT-1", "approval.granted", "Bob approved EVT-1.", by="bob")
    await desk.announce("EVT-9", "approval.granted", "Somebody approved another.", by="bob")
    approvals = [line for line in await desk.timeline() if line.what == "approval.granted"]
    assert [(line.who, line.text) for line in approvals] == [("bob", "Bob approved EVT-1.")]


async def test_naming_an_incident_that_never_was_does_not_undo_the_act(desk: Desk) -> None:
    await event(desk, "planned", "planned", incident="INC-99")
    assert [change.what for change in desk.changes] == ["event.planned"]


async def test_an_incident_does_not_close_while_something_goes_on(desk: Desk) -> None:
    await desk.fails()
    await event(desk, "activated", "active", incident="INC-1")
    with pytest.raises(Refused, match="inbound-mail is still failing, EVT-1 is under way"):
        await desk.incidents.close("INC-1", CAROL)
    await desk.heals()
    await event(desk, "ended", "ended")
    closed = await desk.incidents.close("INC-1", CAROL)
    assert (closed.status, closed.closed_by) == (Status.CLOSED, "carol")
    with pytest.raises(Refused, match="INC-1 is closed"):
        await desk.incidents.ack("INC-1", CAROL)


async def test_a_person_may_close_it_anyway_and_the_record_says_over_what(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.close("INC-1", CAROL, anyway=True)
    await desk.passes(hours=1)
    assert desk.texted == ["carol"]
    async with desk.database.reading() as tx:
        entry = (await audit.entries(tx, "INC-1"))[0]
    assert entry.text == "Carol Lindt closed INC-1 although inbound-mail is still failing."


async def test_a_failure_after_the_closing_opens_a_new_incident(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.close("INC-1", CAROL, anyway=True)
    await desk.fails()
    assert (await desk.incident("INC-2")).needs_acknowledgement


async def test_a_calm_incident_closes_by_itself_when_that_is_configured(
    database: Database, clock: MovedClock
) -> None:
    settings = IncidentSettings(close_after=timedelta(hours=2))
    desk = await desk_at(database, clock, settings=settings)
    await desk.fails()
    await desk.heals()
    await desk.passes(hours=1)
    await desk.fails()
    await desk.heals()
    await event(desk, "activated", "active", incident="INC-1")
    await desk.passes(hours=2)
    assert (await desk.incident()).status is Status.MONITORING
    await event(desk, "ended", "ended")
    await desk.passes(hours=2)
    incident = await desk.incident()
    assert (incident.status, incident.closed_by) == (Status.CLOSED, "bot")
    assert (await desk.timeline())[-1].text == (
        "INC-1 closed by itself: every check has been healthy for 4 hours."
    )


async def test_notes_and_updates_are_on_the_timeline_under_their_writer(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.note("INC-1", CAROL, "  Called the provider. ")
    await desk.incidents.update("INC-1", ALICE, "Use the standby.")
    written = [(line.who, line.text) for line in await desk.timeline()][-2:]
    assert written == [
        ("carol", "Carol Lindt: Called the provider."),
        ("alice", "Update by Alice Brandt: Use the standby."),
    ]
    with pytest.raises(Refused, match="needs a text"):
        await desk.incidents.note("INC-1", CAROL, "   ")


async def test_an_incident_declared_by_hand_pages_the_ladder(desk: Desk) -> None:
    incident = await desk.incidents.open_by_hand(CAROL, "Nobody in Graz gets mail")
    assert incident.needs_acknowledgement
    assert desk.texted == ["carol"]
    with pytest.raises(Refused, match="needs a title"):
        await desk.incidents.open_by_hand(CAROL, " ")


async def test_an_unknown_incident_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no incident INC-9"):
        await desk.incidents.ack("INC-9", CAROL)
    with pytest.raises(Refused, match="No incident waits"):
        await desk.incidents.ack(None, CAROL)


async def test_every_change_says_what_listeners_need(desk: Desk) -> None:
    await desk.fails()
    opened = next(change for change in desk.changes if change.what == "incident.opened")
    assert opened.text == (
        "INC-1 (sev1) opened: Inbound mail is failing. The provider defers inbound mail."
    )
    assert opened.data == {
        "incident": "INC-1",
        "severity": "sev1",
        "status": "open",
        "checks": ["inbound-mail"],
        "direction": "inbound",
        "drill": False,
    }


async def test_two_checks_that_fail_at_the_same_moment_open_one_incident(
    any_database: Database, clock: MovedClock
) -> None:
    desk = await desk_at(any_database, clock)
    await asyncio.gather(*(desk.fails(f"check-{n}", "both") for n in range(4)))
    async with desk.database.reading() as tx:
        (incident,) = await desk.incidents.open_incidents(tx)
    assert len(incident.open_alerts) == 4
    assert desk.texted == ["carol"]
