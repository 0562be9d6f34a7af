from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from broadcast.office import Office, office_of, texts_to
from broadcast.test_sending import staff
from continuitybot import audit
from continuitybot.errors import NotAllowed, NotFound, Refused
from continuitybot.people.model import Person
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, DAVE
from rig.sms_peers import TwilioPeer

ERIN = Person("erin", "Erin Maier", site="Vienna")
FRED = Person("fred", "Fred Holm", phones=("+436601000006",), opted_out=True)


async def test_nothing_is_sent_before_somebody_else_approves(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.request()
    await office.workers.run_due()
    assert twilio.taken == []

    await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
    await office.workers.run_due()
    assert len(twilio.taken) == 4


async def test_a_rejected_broadcast_is_cancelled(office: Office, twilio: TwilioPeer) -> None:
    asked = await office.request()
    await office.approvals.decide(subject=asked.ref, by=BOB, approve=False)
    await office.workers.run_due()

    assert await office.state(asked.ref) == "cancelled"
    assert office.said("broadcast.cancelled") == [
        "SMS-1 was cancelled: Bob Okafor rejected it. Nothing was sent."
    ]
    assert twilio.taken == []


async def test_a_broadcast_nobody_approves_is_cancelled_in_time(office: Office) -> None:
    asked = await office.request()
    await office.later(minutes=61)

    assert await office.state(asked.ref) == "cancelled"
    assert "nobody approved it in time" in office.said("broadcast.cancelled")[0]


async def test_who_may_not_broadcast_is_told_who_could_and_it_is_on_record(office: Office) -> None:
    with pytest.raises(NotAllowed, match="Carol Lindt"):
        await office.broadcasts.request(by=DAVE, audience="all", text="Mail is down.")

    async with office.database.reading() as tx:
        (entry, *_) = await audit.entries(tx)
    assert (entry.who, entry.verb, entry.outcome) == ("dave", "broadcast", "denied")


async def test_the_milestones_carry_the_incident_and_the_progress_does_not(
    office: Office,
) -> None:
    await office.send("alice", incident="INC-7")
    await office.later(seconds=2)

    said = {one.what: one.data for one in office.heard if one.what.startswith("broadcast.")}
    assert list(said) == [
        "broadcast.requested",
        "broadcast.approved",
        "broadcast.sending",
        "broadcast.progressed",
    ]
    assert {what for what, data in said.items() if data.get("incident") == "INC-7"} == {
        "broadcast.requested",
        "broadcast.approved",
        "broadcast.sending",
    }
    assert said["broadcast.progressed"]["counts"] == {
        "sent": 1, "total": 1, "opted_out": 0, "missing": 0,
    }  # fmt: skip


async def test_who_cannot_be_texted_is_counted(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    people = (ALICE, BOB, CAROL, ERIN, FRED)
    async with office_of(database, clock, [twilio.settings()], *people) as office:
        asked = await office.send()

        assert len(twilio.taken) == 3
        assert await office.sentence(asked.ref) == (
            "SMS-1: 0 of 5 delivered, 3 sent, 1 opted out, 1 without a phone"
        )


async def test_who_opts_out_before_the_approval_gets_no_text(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.request("dave,bob")
    await office.hear("twilio", twilio.reply("RE1", DAVE.phone, "stop"))
    await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
    await office.workers.run_due()

    assert texts_to(twilio) == [BOB.phone]
    assert await office.sentence(asked.ref) == "SMS-1: 0 of 2 delivered, 1 sent, 1 opted out"


async def test_a_broadcast_that_everybody_has_opted_out_of_finishes(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.request("dave")
    await office.hear("twilio", twilio.reply("RE1", DAVE.phone, "stop"))
    await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
    await office.later(seconds=2)

    assert await office.state(asked.ref) == "finished"


async def test_a_stop_keeps_back_what_is_queued_and_says_how_many_had_left(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    slow = twilio.settings(rate_per_second=10)
    async with office_of(database, clock, [slow], *staff(98), CAROL, BOB) as office:
        asked = await office.send()
        await office.later(seconds=1)
        await office.broadcasts.stop(asked.ref, by=CAROL)
        for _ in range(12):
            await office.later(seconds=1)

        assert len(twilio.taken) == 20
        assert await office.state(asked.ref) == "stopped"
        assert office.said("broadcast.stopped") == [
            "Carol Lindt stopped SMS-1: 20 texts had left, 0 may be leaving, 80 were kept back."
        ]


async def test_a_stop_keeps_back_what_would_be_tried_again(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "blackhole"
    asked = await office.send("alice")
    await office.broadcasts.stop(asked.ref, by=CAROL)
    twilio.mode = "well"
    await office.later(minutes=1)

    assert await office.states(asked.ref) == {"alice": "cancelled"}
    assert twilio.taken == []


async def test_a_request_can_be_withdrawn_and_then_not_be_approved(office: Office) -> None:
    asked = await office.request()
    await office.broadcasts.stop(asked.ref, by=CAROL)

    assert await office.state(asked.ref) == "cancelled"
    with pytest.raises(Refused):
        await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)


async def test_what_is_over_cannot_be_stopped(office: Office) -> None:
    asked = await office.request()
    await office.broadcasts.stop(asked.ref, by=CAROL)

    with pytest.raises(Refused, match="SMS-1 is cancelled"):
        await office.broadcasts.stop(asked.ref, by=CAROL)
    with pytest.raises(NotFound, match="no broadcast SMS-9"):
        await office.broadcasts.stop("SMS-9", by=CAROL)


async def test_a_request_made_twice_under_one_key_is_one_broadcast(office: Office) -> None:
    first = await office.request(key="RUN-1/tell/1")
    again = await office.request(key="RUN-1/tell/1")

    assert again.ref == first.ref
    assert (await office.request(key="RUN-1/tell/2")).ref == "SMS-2"


async def test_a_drill_is_marked_and_reaches_the_pilots_only(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    carriers = [twilio.settings()]
    async with office_of(database, clock, carriers, pilot_audience="group:it") as office:
        asked = await office.send(drill=True)

        assert texts_to(twilio) == [ALICE.phone, BOB.phone]
        assert all(taken.text.startswith("[DRILL] Mail is down.") for taken in twilio.taken)
        assert asked.drill


async def test_a_drill_without_pilots_is_refused(office: Office) -> None:
    with pytest.raises(Refused, match=r"broadcast\.pilot_audience"):
        await office.request(drill=True)


async def test_a_test_text_goes_to_oneself(office: Office, twilio: TwilioPeer) -> None:
    key = await office.broadcasts.send_test(by=CAROL, text="Hello {{ first_name }}")
    await office.workers.run_due()

    assert key == "TEST-1/carol"
    assert [(taken.to, taken.text) for taken in twilio.taken] == [
        (CAROL.phone, "[TEST] Hello Carol")
    ]


async def test_a_test_text_needs_a_phone(office: Office) -> None:
    with pytest.raises(Refused, match="no phone"):
        await office.broadcasts.send_test(by=replace(CAROL, phones=()), text="Hello")


async def test_a_preview_shows_exactly_what_would_be_sent(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    carrier = twilio.settings(price_per_segment="0.08", rate_per_second=2)
    templates = {
        "down": {"en": "Hi {{ first_name }}, mail is down – sorry.", "de": "Mail ist aus."}
    }
    people = (ALICE, BOB, CAROL, DAVE, ERIN, FRED)
    async with office_of(database, clock, [carrier], *people, templates=templates) as office:
        preview = await office.broadcasts.preview(audience="all", template="down")

        english, german = preview.texts
        assert (english.language, english.recipients) == ("en", 3)
        assert english.text == "Hi Alice, mail is down – sorry."
        assert (english.encoding, english.segments) == ("UCS-2", 1)
        assert english.advice.startswith("– makes this a UCS-2 text")
        assert (german.text, german.recipients) == ("Mail ist aus.", 1)
        assert (preview.recipients, preview.segments) == (4, 4)
        assert (preview.cost, preview.currency) == (Decimal("0.32"), "EUR")
        assert preview.eta == timedelta(seconds=2)
        assert (preview.opted_out, preview.missing) == (("fred",), ("erin",))
        asked = await office.request(template="down")
        assert asked.plan_hash == preview.plan_hash


async def test_the_plan_hash_changes_with_the_audience_the_text_and_the_mode(
    office: Office,
) -> None:
    async def plan_hash(audience: str, text: str) -> str:
        return (await office.broadcasts.preview(audience=audience, text=text)).plan_hash

    first = await plan_hash("alice,bob", "Mail is down.")

    assert first == await plan_hash("bob,alice", "Mail is down.")
    assert first != await plan_hash("alice", "Mail is down.")
    assert first != await plan_hash("alice,bob", "Mail is up.")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": "Hi {{ frist_name }}"}, "frist_name"),
        ({"text": "Hi {{ first_name"}, "not a valid template"),
        ({"text": "{{ ''.__class__.__mro__ }}"}, "cannot be filled in"),
        ({"text": "   "}, "either a text or a template"),
        ({"text": "a" * 1601}, "1601 characters"),
        ({"template": "nothing"}, "no template nothing"),
        ({"text": "Hi", "audience": "erin"}, "Nobody in erin"),
    ],
)
async def test_a_broadcast_that_cannot_be_is_refused_before_anybody_is_asked(
    database: Database,
    clock: MovedClock,
    twilio: TwilioPeer,
    asked: dict[str, Any],
    said: str,
) -> None:
    async with office_of(database, clock, [twilio.settings()], CAROL, ERIN) as office:
        with pytest.raises(Refused, match=said):
            await office.broadcasts.request(by=CAROL, **{"audience": "all"} | asked)

        assert office.heard == []


async def test_without_a_carrier_a_broadcast_is_refused_and_a_page_says_that_it_cannot(
    database: Database, clock: MovedClock
) -> None:
    async with office_of(database, clock, []) as office:
        with pytest.raises(Refused, match=r"broadcast\.carriers"):
            await office.request()
        assert await office.page() is False


async def test_a_broadcast_planned_for_other_carriers_is_not_sent(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    async with office_of(database, clock, [twilio.settings(name="old")]) as office:
        asked = await office.request()
    database.subscribers.clear()
    async with office_of(database, clock, [twilio.settings()]) as office:
        await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
        await office.workers.run_due()

        assert await office.state(asked.ref) == "cancelled"
        assert twilio.taken == []
