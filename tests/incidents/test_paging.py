"""Stories of who is paged, when, and when it stops."""

from dataclasses import replace
from datetime import timedelta

import pytest

from continuitybot import audit
from continuitybot.errors import NotAllowed, Refused
from continuitybot.incidents.model import Status
from continuitybot.settings.people import OncallSettings, Rung
from continuitybot.store import Change, Database, Workers
from rig.clock import MovedClock
from rig.on_call import LADDER, Desk, desk_at
from rig.people import ALICE, BOB, CAROL


async def test_a_failing_check_opens_an_incident_and_pages_the_first_rung(desk: Desk) -> None:
    await desk.fails()
    incident = await desk.incident()
    assert incident.title == "Inbound mail is failing"
    assert incident.severity == "sev1"
    assert incident.needs_acknowledgement
    assert desk.texted == ["carol"]
    assert [person for person, _, _ in desk.chats.told] == ["carol"]
    ((_, body),) = desk.phones.texts.values()
    assert "since 08:58 UTC" in body
    assert "Reply ACK 1\nhttps://bot.example/portal/INC-1?p=carol" in body


async def test_a_check_that_goes_on_failing_pages_nobody_anew(desk: Desk) -> None:
    await desk.fails()
    await desk.fails()
    await desk.announce("inbound-mail", "check.flapping", direction="inbound")
    assert desk.texted == ["carol"]
    assert len((await desk.incident()).alerts) == 1


async def test_nobody_is_paged_after_the_acknowledgement(desk: Desk) -> None:
    await desk.fails()
    await desk.passes(minutes=4)
    incident = await desk.incidents.ack(None, CAROL, "sms")
    await desk.passes(hours=12)
    assert incident.acknowledged_by == incident.commander == "carol"
    assert desk.texted == ["carol"]
    assert any(
        line.text.startswith("Carol Lindt acknowledged INC-1 6 minutes after the fault began")
        for line in await desk.timeline()
    )


async def test_the_second_to_acknowledge_learns_who_was_first(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.ack("INC-1", CAROL)
    second = await desk.incidents.ack("inc-1", ALICE)
    assert second.acknowledged_by == "carol"
    assert [change.what for change in desk.changes].count("incident.acknowledged") == 1


async def test_without_acknowledgement_the_next_rung_is_paged_then_the_ladder_repeats(
    desk: Desk,
) -> None:
    await desk.fails()
    await desk.passes(minutes=4, seconds=59)
    assert desk.texted == ["carol"]
    await desk.passes(seconds=1)
    assert desk.texted == ["carol", "bob"]
    await desk.passes(minutes=30)
    assert desk.texted == ["carol", "bob", "carol"]
    await desk.passes(minutes=5)
    assert desk.texted == ["carol", "bob", "carol", "bob"]


async def test_a_text_that_surely_failed_waits_for_the_other_channel(desk: Desk) -> None:
    await desk.fails()
    key = next(iter(desk.phones.texts))
    await desk.announce("INC-1", "delivery.changed", key=key, state="failed", reason="Barred.")
    assert desk.texted == ["carol"]
    assert ("sms", "failed", "Barred.") in {
        (page.channel, page.state, page.note) for page in await desk.pages()
    }


async def test_when_every_page_of_a_rung_failed_the_next_is_paged_at_once(desk: Desk) -> None:
    desk.chats.is_down = True
    await desk.fails()
    key = next(iter(desk.phones.texts))
    await desk.announce("INC-1", "delivery.changed", key=key, state="failed")
    assert desk.texted == ["carol", "bob"]
    escalated = [change for change in desk.changes if change.what == "alert.escalated"]
    assert escalated[0].text == ("Paged Bob Okafor by SMS, since nobody before could be reached.")


async def test_when_the_whole_ladder_failed_every_admin_is_paged(desk: Desk) -> None:
    desk.chats.is_down = True
    desk.phones.refused = {"carol", "bob"}
    await desk.fails()
    assert desk.texted == ["alice"]


async def test_a_ladder_without_anybody_pages_every_admin(
    database: Database, clock: MovedClock
) -> None:
    ladder = OncallSettings(ladder=(Rung(people=("gone", "group:none")),))
    desk = await desk_at(database, clock, ladder=ladder)
    await desk.fails()
    assert desk.texted == ["alice"]


async def test_when_nobody_can_be_paged_it_says_so_and_tries_again(
    database: Database, clock: MovedClock
) -> None:
    desk = await desk_at(database, clock, BOB, ladder=OncallSettings(
        ladder=(Rung(people=("carol",)),)
    ))  # fmt: skip
    await desk.fails()
    assert any("Nobody can be paged" in change.text for change in desk.changes)
    said = len(desk.changes)
    await desk.passes(minutes=5)
    assert any("Nobody can be paged" in change.text for change in desk.changes[said:])


async def test_suspended_pages_rest_and_then_go_on(desk: Desk) -> None:
    await desk.fails()
    await desk.incidents.suspend("INC-1", CAROL, timedelta(hours=1))
    await desk.passes(minutes=59)
    assert desk.texted == ["carol"]
    await desk.passes(minutes=1)
    assert desk.texted == ["carol"]
    await desk.passes(minutes=5)
    assert desk.texted == ["carol", "bob"]


async def test_pages_cannot_be_suspended_for_days(desk: Desk) -> None:
    await desk.fails()
    with pytest.raises(Refused, match="up to 24 hours"):
        await desk.incidents.suspend("INC-1", CAROL, timedelta(days=2))


async def test_who_may_not_respond_is_refused_and_the_denial_is_on_record(desk: Desk) -> None:
    await desk.fails()
    with pytest.raises(NotAllowed, match="Ask Carol Lindt"):
        await desk.incidents.ack("INC-1", BOB, "slack")
    assert (await desk.incident()).needs_acknowledgement
    async with desk.database.reading() as tx:
        entry = (await audit.entries(tx, "INC-1"))[0]
    assert (entry.who, entry.verb, entry.outcome) == ("bob", "ack", "denied")


async def test_nothing_is_doubled_when_the_process_dies_between_decision_and_page(
    desk: Desk,
) -> None:
    async with desk.database.transaction() as tx:
        await tx.announce(Change("inbound-mail", "check.failing", data={"direction": "inbound"}))
    # The process is gone before a worker has performed anything; another one starts.
    reborn = Workers(desk.database, desk.incidents.duties(), desk.clock)
    await reborn.release_own_leases()
    await reborn.run_due()
    await reborn.run_due()
    assert desk.texted == ["carol"]
    assert len(desk.chats.told) == 1


async def test_a_page_outside_the_ladder_is_sent_once_for_one_key(desk: Desk) -> None:
    for _ in range(2):
        async with desk.database.transaction() as tx:
            reached = await desk.incidents.page(
                tx, key="RUN-1/page/1", people=[BOB, CAROL], channels=["sms"], text="Wake up.",
                ref="RUN-1",
            )  # fmt: skip
        assert reached == [BOB, CAROL]
    assert desk.texted == ["bob", "carol"]


async def test_a_drill_says_so_in_every_page_and_takes_in_no_real_alert(desk: Desk) -> None:
    drill = await desk.incidents.open_by_hand(CAROL, "Practice.", drill=True)
    ((_, body),) = desk.phones.texts.values()
    assert body.startswith("DRILL INC-1 SEV2: Practice since 09:00 UTC.")
    await desk.fails()
    assert (await desk.incident(drill.ref)).alerts == ()
    assert (await desk.incident("INC-2")).status is Status.OPEN


async def test_the_time_in_a_page_is_the_readers(database: Database, clock: MovedClock) -> None:
    vienna = replace(CAROL, time_zone="Europe/Vienna")
    desk = await desk_at(database, clock, ALICE, vienna, ladder=LADDER)
    await desk.fails()
    ((_, body),) = desk.phones.texts.values()
    assert "since 09:58 CET" in body
