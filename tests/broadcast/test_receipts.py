from __future__ import annotations

from dataclasses import replace

import pytest

from broadcast.office import Office, only
from continuitybot import audit
from continuitybot.errors import NotAllowed, NotFound
from rig.people import ALICE, BOB
from rig.sms_peers import TwilioPeer


async def test_a_receipt_delivers_and_the_broadcast_finishes(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice,bob")
    for phone, status in ((ALICE.phone, "delivered"), (BOB.phone, "undelivered")):
        taken = only(twilio.taken, phone)
        await office.receive("twilio", twilio.receipt(taken, status, "30005"))
    await office.later(seconds=2)

    assert await office.states(asked.ref) == {"alice": "delivered", "bob": "failed"}
    assert office.said("broadcast.finished") == ["SMS-1: 1 of 2 delivered, 1 failed."]


async def test_receipts_that_come_late_or_twice_never_lead_backwards(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    (taken,) = twilio.taken
    for status in ("sent", "delivered", "sent", "delivered", "queued", "undelivered"):
        await office.receive("twilio", twilio.receipt(taken, status))

    assert await office.states(asked.ref) == {"alice": "delivered"}
    changes = [one.data["state"] for one in office.heard if one.what == "delivery.changed"]
    assert changes == ["sent", "delivered"]


async def test_a_receipt_resolves_what_was_unknown(office: Office, twilio: TwilioPeer) -> None:
    twilio.mode = "drop"
    asked = await office.send("alice")
    await office.receive("twilio", twilio.receipt(twilio.taken[0], "delivered"))

    assert await office.states(asked.ref) == {"alice": "delivered"}


async def test_a_phone_out_of_reach_is_tried_again_and_not_only_when_its_receipt_is_overdue(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    await office.receive("twilio", twilio.receipt(twilio.taken[0], "undelivered", "30003"))
    assert await office.states(asked.ref) == {"alice": "retrying"}

    await office.later(seconds=5)

    assert await office.states(asked.ref) == {"alice": "sent"}
    assert len(twilio.taken) == 2


async def test_a_late_word_about_the_first_try_does_not_fail_the_second(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    first = twilio.taken[0]
    await office.receive("twilio", twilio.receipt(first, "undelivered", "30003"))
    await office.later(seconds=5)
    await office.receive("twilio", twilio.receipt(first, "failed", "30005"))
    assert await office.states(asked.ref) == {"alice": "sent"}

    await office.receive("twilio", twilio.receipt(first, "delivered"))
    assert await office.states(asked.ref) == {"alice": "delivered"}


@pytest.mark.parametrize("fault", ["unsigned", "other address", "changed"])
async def test_a_forged_receipt_changes_nothing_and_is_on_record(
    office: Office, twilio: TwilioPeer, fault: str
) -> None:
    asked = await office.send("alice")
    good = twilio.receipt(twilio.taken[0], "delivered")
    forged = {
        "unsigned": replace(good, headers={}),
        "other address": replace(good, url="/sms/twilio/status?delivery=x"),
        "changed": replace(good, form=good.form | {"MessageStatus": "failed"}),
    }[fault]

    with pytest.raises(NotAllowed, match="does not carry"):
        await office.receive("twilio", forged)

    assert await office.states(asked.ref) == {"alice": "sent"}
    async with office.database.reading() as tx:
        (newest, *_older) = await audit.entries(tx)
    assert (newest.who, newest.verb, newest.outcome) == ("twilio", "receipt", "denied")
    await office.receive("twilio", good)
    assert await office.states(asked.ref) == {"alice": "delivered"}


async def test_a_receipt_about_nothing_of_ours_is_ignored(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    strange = replace(
        twilio.taken[0],
        sid="SM9999",
        fields={"StatusCallback": "https://bot.example.com/sms/twilio/status"},
    )
    await office.receive("twilio", twilio.receipt(strange, "delivered"))

    assert await office.states(asked.ref) == {"alice": "sent"}


async def test_a_receipt_of_no_carrier_of_ours_is_not_found(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.send("alice")
    with pytest.raises(NotFound, match="no carrier nobody"):
        await office.receive("nobody", twilio.receipt(twilio.taken[0], "delivered"))


async def test_progress_is_said_now_and_then_and_not_for_every_receipt(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.send()
    for taken in list(twilio.taken)[:3]:
        await office.receive("twilio", twilio.receipt(taken, "delivered"))
    await office.later(seconds=2)

    assert office.said("broadcast.progressed") == ["SMS-1: 3 of 4 delivered, 1 sent."]
