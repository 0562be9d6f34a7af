from __future__ import annotations

from dataclasses import replace

import pytest

from broadcast.office import Office, office_of, texts_to
from continuitybot import audit
from continuitybot.errors import NotAllowed
from continuitybot.store import Database
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, DAVE
from rig.sms_peers import TwilioPeer


async def replies_of(office: Office, ref: str) -> dict[str, int]:
    async with office.database.reading() as tx:
        return dict((await office.broadcasts.counts(tx, ref)).replies)


async def test_answers_are_counted_for_the_newest_broadcast(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.send()
    office.clock.advance(minutes=5)
    newest = await office.send()
    await office.hear("twilio", twilio.reply("RE1", ALICE.phone, "1"))
    await office.hear("twilio", twilio.reply("RE2", BOB.phone, " 1. "))
    await office.hear("twilio", twilio.reply("RE3", DAVE.phone, "2"))

    assert await replies_of(office, "SMS-1") == {}
    assert await replies_of(office, newest.ref) == {"safe": 2, "needs help": 1}
    heard = [one for one in office.heard if one.what == "reply.received"]
    assert [one.data["meaning"] for one in heard] == ["safe", "safe", "needs help"]
    assert heard[2].text == "Dave Novak answered SMS-2: needs help."


async def test_a_person_counts_once_with_the_latest_answer(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    await office.hear("twilio", twilio.reply("RE1", ALICE.phone, "2"))
    await office.hear("twilio", twilio.reply("RE2", ALICE.phone, "1"))

    assert await replies_of(office, asked.ref) == {"safe": 1}


async def test_a_reply_that_is_delivered_twice_counts_once(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.send("alice")
    status = twilio.reply("RE1", ALICE.phone, "status")

    assert await office.hear("twilio", status) == "All is well."
    assert await office.hear("twilio", status) is None
    assert office.commands == [("alice", "status")]


async def test_an_answer_long_after_the_broadcast_is_not_counted(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")
    office.clock.advance(hours=73)
    await office.hear("twilio", twilio.reply("RE1", ALICE.phone, "1"))

    assert await replies_of(office, asked.ref) == {}


async def test_words_that_mean_nothing_are_kept_as_something_else(
    office: Office, twilio: TwilioPeer
) -> None:
    asked = await office.send("alice")

    assert await office.hear("twilio", twilio.reply("RE1", ALICE.phone, "who is this?")) is None
    assert await replies_of(office, asked.ref) == {"something else": 1}


async def test_a_command_is_handed_on_and_its_answer_returned(
    office: Office, twilio: TwilioPeer
) -> None:
    assert await office.hear("twilio", twilio.reply("RE1", CAROL.phones[1], "ACK INC-1"))
    assert office.commands == [("carol", "ACK INC-1")]


async def test_a_command_that_the_bot_died_of_is_carried_out_when_it_is_delivered_again(
    office: Office, twilio: TwilioPeer
) -> None:
    text = twilio.reply("RE1", CAROL.phones[1], "ACK INC-1")
    office.dies_of_commands = True
    with pytest.raises(RuntimeError):
        await office.hear("twilio", text)
    office.dies_of_commands = False
    assert await office.hear("twilio", text)
    assert not await office.hear("twilio", text)
    assert office.commands == [("carol", "ACK INC-1")]


async def test_stop_ends_all_texts_to_a_number_even_queued_ones(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    slow = twilio.settings(rate_per_second=1)
    async with office_of(database, clock, [slow]) as office:
        asked = await office.send()
        await office.hear("twilio", twilio.reply("RE1", DAVE.phone, "Stop"))
        for _ in range(5):
            await office.later(seconds=1)

        assert (await office.states(asked.ref))["dave"] == "cancelled"
        assert DAVE.phone not in texts_to(twilio)
        assert (await office.directory.person("dave")).opted_out
        assert office.said("person.unreachable") == []


async def test_an_admin_who_answers_stop_is_warned_about(
    office: Office, twilio: TwilioPeer
) -> None:
    await office.hear("twilio", twilio.reply("RE1", ALICE.phone, "STOP"))

    (warning,) = office.said("person.unreachable")
    assert warning.startswith("Alice Brandt is an admin and can no longer be paged by SMS")


async def test_start_lets_texts_through_again(office: Office, twilio: TwilioPeer) -> None:
    await office.hear("twilio", twilio.reply("RE1", DAVE.phone, "STOP"))
    await office.hear("twilio", twilio.reply("RE2", DAVE.phone, "START"))
    asked = await office.send("dave")

    assert await office.states(asked.ref) == {"dave": "sent"}


async def test_a_stranger_is_ignored_and_on_record(office: Office, twilio: TwilioPeer) -> None:
    stranger = twilio.reply("RE1", "+14155550123", "ack INC-1")

    assert await office.hear("twilio", stranger) is None
    assert office.commands == []
    async with office.database.reading() as tx:
        (entry, *_) = await audit.entries(tx)
    assert (entry.verb, entry.outcome) == ("inbound", "denied")
    assert "+14155550123" not in entry.text


async def test_a_forged_reply_commands_nothing(office: Office, twilio: TwilioPeer) -> None:
    forged = replace(twilio.reply("RE1", ALICE.phone, "status"), headers={})

    with pytest.raises(NotAllowed):
        await office.hear("twilio", forged)
    assert office.commands == []
