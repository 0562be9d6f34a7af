from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from broadcast.office import Office, office_of, only, texts_to
from continuitybot.broadcast.carriers.twilio.codes import table
from continuitybot.people.model import Person
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, DAVE
from rig.sms_peers import GatewayPeer, TwilioPeer

EVERYBODY = ["+436601000001", "+436601000002", "+436601000003", "+436601000004"]


def staff(count: int) -> list[Person]:
    return [Person(f"p{n:04}", f"Person {n}", phones=(f"+4366020{n:05}",)) for n in range(count)]


async def test_an_approved_broadcast_reaches_everybody_once(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send()

    assert texts_to(twilio) == EVERYBODY
    assert set((await office.states(asked.ref)).values()) == {"sent"}
    assert await office.state(asked.ref) == "sending"


async def test_every_text_has_a_validity_and_an_address_for_its_receipt(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.send("alice")

    fields = twilio.taken[0].fields
    assert fields["ValidityPeriod"] == "1800"
    assert fields["From"] == "+436609999999"
    assert fields["StatusCallback"] == (
        "https://bot.example.com/sms/twilio/status?delivery=U01TLTEvYWxpY2UjMQ"
    )


async def test_a_number_the_carrier_refuses_fails_with_its_meaning(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "refuse:21211"
    asked = await office.send("alice")

    (delivery,) = (await office.deliveries(asked.ref)).values()
    assert (delivery.state, delivery.code) == ("failed", "21211")
    assert delivery.reason == table()["21211"][1]


async def test_a_code_nobody_knows_is_shown_and_neither_retried_nor_moved(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "refuse:12345"
    asked = await office.send("alice")
    await office.later(minutes=20)

    (delivery,) = (await office.deliveries(asked.ref)).values()
    assert (delivery.state, delivery.tries) == ("failed", 1)
    assert "12345" in delivery.reason


async def test_a_number_that_the_carrier_says_opted_out_is_not_texted_again(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "refuse:21610"
    await office.send("alice")
    twilio.mode = "well"

    alice = await office.directory.person("alice")
    assert alice.opted_out
    assert await office.page(person=alice) is False
    assert twilio.taken == []


async def test_a_busy_carrier_is_tried_again_when_it_said(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "busy"
    asked = await office.send("alice")
    assert await office.states(asked.ref) == {"alice": "retrying"}
    twilio.mode = "well"

    await office.later(seconds=6)
    assert twilio.taken == []
    await office.later(seconds=1)

    assert await office.states(asked.ref) == {"alice": "sent"}


async def test_a_carrier_that_is_ill_for_long_is_given_up(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "error"
    asked = await office.send("alice")
    for _ in range(8):
        await office.later(minutes=5)

    (delivery,) = (await office.deliveries(asked.ref)).values()
    assert (delivery.state, delivery.tries, twilio.posts) == ("failed", 6, 6)
    assert await office.state(asked.ref) == "finished"


async def test_a_text_the_carrier_took_without_saying_so_is_not_sent_again(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "drop"
    asked = await office.send("alice")
    assert await office.states(asked.ref) == {"alice": "unknown"}
    twilio.mode = "well"

    await office.later(seconds=30)

    assert await office.states(asked.ref) == {"alice": "sent"}
    assert len(twilio.taken) == 1


async def test_a_text_the_carrier_never_had_is_sent_again_after_asking(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "blackhole"
    asked = await office.send("alice")
    assert await office.states(asked.ref) == {"alice": "unknown"}
    twilio.mode = "well"

    await office.later(seconds=30)

    assert await office.states(asked.ref) == {"alice": "sent"}
    assert texts_to(twilio) == ["+436601000001"]


async def test_two_equal_texts_to_one_phone_are_told_apart(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.page("INC-1/page/alice/sms/1")
    twilio.mode = "blackhole"
    await office.page("INC-1/page/alice/sms/2")
    twilio.mode = "well"

    await office.later(seconds=30)

    assert len(twilio.taken) == 2


async def test_what_nobody_can_tell_stays_unknown_and_is_said(
    office: Office, twilio: TwilioPeer
) -> None:
    twilio.mode = "drop"
    asked = await office.send("alice")
    twilio.mode = "error"
    for _ in range(11):
        await office.later(seconds=60)

    assert await office.states(asked.ref) == {"alice": "unknown"}
    assert await office.state(asked.ref) == "finished"
    assert await office.sentence(asked.ref) == "SMS-1: 0 of 1 delivered, 1 unknown"


async def test_a_gateway_that_cannot_be_asked_leaves_it_unknown_at_once(
    database: Database, clock: MovedClock, gateway: GatewayPeer
) -> None:
    async with office_of(database, clock, [gateway.settings(lookup_url="")]) as office:
        gateway.mode = "hang"
        asked = await office.send("alice")
        await office.later(seconds=30)

        (delivery,) = (await office.deliveries(asked.ref)).values()
        assert (delivery.state, delivery.due) == ("unknown", None)


async def test_a_refusal_that_is_not_about_the_number_goes_to_the_second_carrier(
    database: Database, clock: MovedClock, twilio: TwilioPeer, gateway: GatewayPeer
) -> None:
    carriers = [twilio.settings(), gateway.settings()]
    async with office_of(database, clock, carriers) as office:
        twilio.mode = "refuse:30007"
        asked = await office.send("alice,bob")

        assert texts_to(gateway) == EVERYBODY[:2]
        assert {one.carrier for one in (await office.deliveries(asked.ref)).values()} == {"gateway"}


async def test_a_bad_number_is_not_tried_at_the_second_carrier(
    database: Database, clock: MovedClock, twilio: TwilioPeer, gateway: GatewayPeer
) -> None:
    carriers = [twilio.settings(), gateway.settings()]
    async with office_of(database, clock, carriers) as office:
        twilio.mode = "refuse:21211"
        asked = await office.send("alice")

        assert gateway.taken == []
        assert await office.states(asked.ref) == {"alice": "failed"}


async def test_texts_leave_at_the_carriers_rate(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    slow = twilio.settings(rate_per_second=10)
    async with office_of(database, clock, [slow], *staff(120), CAROL, BOB) as office:
        left = []
        await office.send()
        for _ in range(13):
            left.append(len(twilio.taken))
            await office.later(seconds=1)

    assert all(count <= 10 * second for second, count in enumerate(left, start=1))
    assert all(after - before <= 11 for before, after in pairwise(left))
    assert len(twilio.taken) == 122


async def test_no_more_requests_are_under_way_than_the_carrier_allows(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    narrow = twilio.settings(concurrency=5)
    twilio.latency = 0.01
    async with office_of(database, clock, [narrow], *staff(60), CAROL, BOB) as office:
        await office.send()
        await office.later(seconds=1)

    assert len(twilio.taken) == 62
    assert twilio.most_at_once == 5


async def test_a_page_goes_ahead_of_a_broadcast(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    slow = twilio.settings(rate_per_second=1)
    async with office_of(database, clock, [slow], *staff(60), ALICE, CAROL, BOB) as office:
        await office.send()
        await office.page()

    assert [taken.text for taken in twilio.taken][1] == "INC-1: mail is down"


async def test_a_page_says_what_became_of_it(office: Office, twilio: TwilioPeer) -> None:
    await office.page()
    await office.receive("twilio", twilio.receipt(twilio.taken[0], "delivered"))

    changes = [one for one in office.heard if one.what == "delivery.changed"]
    assert [(one.ref, one.data["key"], one.data["state"]) for one in changes] == [
        ("INC-1", "INC-1/page/alice/sms/1", "sent"),
        ("INC-1", "INC-1/page/alice/sms/1", "delivered"),
    ]


async def test_a_page_asked_for_twice_is_one_text(office: Office, twilio: TwilioPeer) -> None:
    assert await office.page()
    assert await office.page()

    assert len(twilio.taken) == 1


async def test_nobody_without_a_phone_or_a_wish_for_texts_is_paged(
    office: Office, twilio: TwilioPeer
) -> None:
    assert await office.page("INC-1/1", replace(ALICE, phones=())) is False
    assert await office.page("INC-1/2", replace(ALICE, opted_out=True)) is False

    assert twilio.taken == []


async def test_an_overdue_receipt_is_asked_for_once(office: Office, twilio: TwilioPeer) -> None:
    asked = await office.send("alice,bob")
    twilio.becomes(only(twilio.taken, ALICE.phone), "delivered")

    await office.later(minutes=15)
    await office.later(seconds=2)

    assert await office.states(asked.ref) == {"alice": "delivered", "bob": "sent"}
    assert await office.state(asked.ref) == "finished"
    assert office.said("broadcast.finished") == ["SMS-1: 1 of 2 delivered, 1 sent."]


async def test_each_person_gets_their_own_language_and_name(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    templates = {"down": {"en": "Hello {{ first_name }}.", "de": "Hallo {{ first_name }}."}}
    async with office_of(database, clock, [twilio.settings()], templates=templates) as office:
        await office.send("alice,dave", template="down")

    assert only(twilio.taken, ALICE.phone).text == "Hello Alice."
    assert only(twilio.taken, DAVE.phone).text == "Hallo Dave."
