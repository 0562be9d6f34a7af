"""Requests from Slack reach the commands once, and their answers come back."""

from __future__ import annotations

import json

from chat.slack_desk import Desk
from continuitybot.chat.message import Button, Card, Confirm, Field, Form
from continuitybot.chat.platform import Reply
from continuitybot.errors import Transient
from continuitybot.people.model import Identity
from continuitybot.store import Database, effects
from rig.clock import MovedClock
from rig.slack_peer import CHANNEL, TEAM


async def test_a_slash_command_reaches_the_bot_and_only_the_asker_sees_the_answer(
    slack: Desk,
) -> None:
    assert await slack.peer.slash("UALICE", "status") == 200
    await slack.workers.run_due()

    assert [(c.text, c.identity, c.channel) for c in slack.heard] == [
        ("status", Identity("slack", TEAM, "UALICE"), CHANNEL)
    ]
    (answer,) = slack.peer.messages
    assert "You said status" in answer.words
    assert answer.only_for == "UALICE"


async def test_a_request_delivered_three_times_is_obeyed_once(slack: Desk) -> None:
    await slack.peer.slash("UALICE", "note INC-7 hello", times=3)
    await slack.peer.mention("UALICE", "<@U0BOT> status", times=3)
    await slack.workers.run_due()
    await slack.peer.click("UALICE", slack.peer.messages[0], "Again", times=3)
    await slack.workers.run_due()

    assert len(slack.heard) == 3
    assert len(slack.peer.messages) == 3


async def test_a_button_is_the_command_it_carries(slack: Desk) -> None:
    confirm = Confirm("Move the mail?", "Mail of acme.example goes to the standby.")
    button = Button("Approve", "approve EVT-3 --plan ab12", "danger", confirm)
    slack.answers["status"] = Reply((Card("EVT-3", mode="LIVE", buttons=(button,)),), private=False)
    await slack.peer.slash("UALICE", "status")
    await slack.workers.run_due()

    await slack.peer.click("UBOB", slack.peer.messages[-1], "Approve")
    await slack.workers.run_due()

    assert slack.heard[-1].text == "approve EVT-3 --plan ab12"
    assert slack.heard[-1].identity.user == "UBOB"
    assert slack.peer.refused_blocks == []


async def test_a_missing_argument_is_asked_for_in_a_form(slack: Desk) -> None:
    form = Form("Extend an event", "extend", (Field("ref", "Event"), Field("for", "For")))
    slack.answers["help"] = Reply(form=form)
    await slack.peer.slash("UALICE", "")
    await slack.workers.run_due()

    status, answer = await slack.peer.submit("UALICE", {"ref": "evt-3", "for": "4 bananas"})
    assert status == 200
    assert "is not a duration" in next(iter(answer["errors"].values()))
    await slack.peer.submit("UALICE", {"ref": "evt-3", "for": "4h"})
    await slack.workers.run_due()

    assert slack.heard[-1].text == "extend evt-3 4h"
    assert "You said extend" in slack.peer.seen_by("UALICE")[-1].words


async def test_a_form_whose_moment_has_passed_stands_behind_a_button(slack: Desk) -> None:
    form = Form("Extend an event", "extend", (Field("ref", "Event"),))
    slack.answers["help"] = Reply(form=form)
    slack.peer.refuse("views.open", "expired_trigger_id")
    await slack.peer.slash("UALICE", "help")
    await slack.workers.run_due()
    assert slack.peer.views == []

    await slack.peer.click("UALICE", slack.peer.messages[-1], "Extend an event …")

    assert [view["title"]["text"] for view in slack.peer.views] == ["Extend an event"]


async def test_a_line_in_the_direct_conversation_is_answered_there(slack: Desk) -> None:
    await slack.peer.mention("UALICE", "status", channel="DALICE")
    await slack.workers.run_due()

    (answer,) = slack.peer.messages
    assert (answer.channel, answer.only_for) == ("DALICE", "UALICE")


async def test_the_bot_comes_back_after_slack_asked_it_to_reconnect(slack_socket: Desk) -> None:
    await slack_socket.peer.disconnect()
    await slack_socket.peer.connected()
    await slack_socket.peer.slash("UALICE", "status")
    await slack_socket.workers.run_due()

    assert len(slack_socket.heard) == 1
    assert await slack_socket.bot.connected()


async def test_links_and_escapes_of_slack_are_undone(slack_http: Desk) -> None:
    text = "<@U0BOT> note INC-7 see <http://acme.example|acme.example> &amp; <mailto:a@b.example>"
    await slack_http.peer.mention("UALICE", text)
    await slack_http.workers.run_due()

    assert slack_http.heard[0].text == "note INC-7 see acme.example & a@b.example"


async def test_a_bad_signature_is_refused(slack_http: Desk) -> None:
    body = {"command": "/continuity", "text": "status", "team_id": TEAM, "user_id": "UALICE",
            "channel_id": CHANNEL, "trigger_id": "t"}  # fmt: skip
    good = await slack_http.peer.post_signed(body)
    forged = await slack_http.peer.post_signed(body | {"trigger_id": "t2"}, secret="guessed")
    replayed = await slack_http.peer.post_signed(body | {"trigger_id": "t3"}, age=600)
    await slack_http.workers.run_due()

    assert (good[0], forged[0], replayed[0]) == (200, 401, 401)
    assert len(slack_http.heard) == 1


async def test_another_workspace_is_refused(slack_http: Desk) -> None:
    body = {"command": "/continuity", "text": "status", "team_id": "T0OTHER",
            "user_id": "UMALLORY", "channel_id": CHANNEL, "trigger_id": "t"}  # fmt: skip
    assert (await slack_http.peer.post_signed(body))[0] == 403
    await slack_http.workers.run_due()
    assert slack_http.heard == []


async def test_a_mention_is_answered_in_the_channel_for_the_asker_only(slack_http: Desk) -> None:
    await slack_http.peer.mention("UALICE", "<@U0BOT> status")
    await slack_http.workers.run_due()

    assert [(m.channel, m.only_for) for m in slack_http.peer.messages] == [(CHANNEL, "UALICE")]


async def test_who_has_left_the_channel_is_answered_directly(slack_http: Desk) -> None:
    slack_http.peer.refuse("chat.postEphemeral", "user_not_in_channel")
    await slack_http.peer.mention("UBOB", "<@U0BOT> status")
    await slack_http.workers.run_due()

    assert [(m.channel, m.only_for) for m in slack_http.peer.messages] == [("DBOB", "UBOB")]


async def test_a_response_url_that_has_expired_is_not_used(
    slack_http: Desk, clock: MovedClock
) -> None:
    await slack_http.peer.slash("UALICE", "status")
    clock.advance(minutes=30)
    await slack_http.workers.run_due()

    assert slack_http.peer.calls[-1] == "chat.postEphemeral"


async def test_a_rate_limit_delays_an_answer_by_what_slack_names(
    slack_http: Desk, clock: MovedClock
) -> None:
    slack_http.peer.limit("chat.postEphemeral", retry_after=7)
    await slack_http.peer.mention("UALICE", "<@U0BOT> status")
    await slack_http.workers.run_due()
    clock.advance(seconds=6)
    await slack_http.workers.run_due()
    assert slack_http.peer.messages == []

    clock.advance(seconds=1)
    await slack_http.workers.run_due()
    assert len(slack_http.peer.messages) == 1
    assert len(slack_http.heard) == 1


async def test_a_fault_is_told_to_the_asker(slack_http: Desk) -> None:
    async def broken(_command: object) -> Reply:
        raise Transient("The database is away.")

    slack_http.handle = broken  # type: ignore[method-assign]  # this desk, this once
    await slack_http.peer.slash("UALICE", "status")
    await slack_http.workers.run_due()

    assert "NOT DONE" in slack_http.peer.messages[-1].words
    assert "The database is away." in slack_http.peer.messages[-1].words


async def test_a_command_cut_off_by_a_crash_is_put_to_the_person_unless_it_only_looks(
    slack_http: Desk, database: Database
) -> None:
    await slack_http.peer.slash("UALICE", "invoke --for 4h")
    await slack_http.peer.slash("UALICE", "status")
    async with database.transaction() as tx:
        began = effects.update().values(state="leased", attempts=1, leased_until=tx.now)
        await tx.execute(began)
    await slack_http.workers.run_due()

    assert [command.text for command in slack_http.heard] == ["status"]
    words = " ".join(message.words for message in slack_http.peer.messages)
    assert "invoke --for 4h" in words
    assert "may or may not have been done" in words


async def test_an_event_that_is_no_command_is_let_pass(slack_http: Desk) -> None:
    event = {"type": "message", "subtype": "message_changed", "channel": "DALICE",
             "channel_type": "im", "ts": "1.0"}  # fmt: skip
    body = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev9", "event": event}
    assert (await slack_http.peer.post_signed(json.loads(json.dumps(body))))[0] == 200
    await slack_http.workers.run_due()
    assert slack_http.heard == []
