"""What every platform keeps to: the same tests on the console and on Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat.slack_desk import slack_settings
from continuitybot.chat.console import ConsolePlatform
from continuitybot.chat.message import Card, Table
from continuitybot.chat.platform import MessageRef, Platform
from continuitybot.chat.slack import SlackApi, SlackPlatform
from continuitybot.errors import NotFound, OutcomeUnknown, Permanent, Transient
from continuitybot.people.model import Identity
from continuitybot.store import Database
from rig.slack_peer import CHANNEL, SlackPeer, slack_workspace

InSlack = tuple[SlackPlatform, SlackPeer]


@pytest.fixture(params=["console", "slack"])
async def platform(
    request: pytest.FixtureRequest, database: Database, slack_secrets: None
) -> AsyncIterator[Platform]:
    if request.param == "console":
        yield ConsolePlatform(database)
        return
    async with slack_workspace() as peer:
        api = SlackApi(slack_settings(peer, "http"))
        yield SlackPlatform(api)
        await api.close()


async def test_a_posted_message_is_found_by_its_key(platform: Platform) -> None:
    posted = await platform.post(CHANNEL, Card("INC-7"), key="INC-7/card")

    assert await platform.find(CHANNEL, "INC-7/card") == posted
    assert await platform.find(CHANNEL, "INC-8/card") is None


async def test_a_message_below_another_is_found_there(platform: Platform) -> None:
    above = await platform.post(CHANNEL, Card("INC-7"), key="INC-7/card")
    below = await platform.post(CHANNEL, Card("Acknowledged"), key="INC-7/say/1", thread=above)

    assert await platform.find(CHANNEL, "INC-7/say/1", above) == below


async def test_editing_what_is_gone_says_so(platform: Platform) -> None:
    gone = MessageRef("any", CHANNEL, "1770000000")
    with pytest.raises(NotFound):
        await platform.edit(gone, Card("INC-7"))


async def test_one_person_can_be_told_something(platform: Platform) -> None:
    told = await platform.tell(Identity("slack", "", "UALICE"), Card("Your code"))
    await platform.edit(told, Card("Your code was used"))


async def test_a_channel_is_made_once(platform: Platform) -> None:
    alice = [Identity("slack", "", "UALICE")]
    made = await platform.make_channel("inc-7 Mail is down", "INC-7", alice)

    assert await platform.make_channel("inc-7 Mail is down", "INC-7", alice) == made


@pytest.fixture
async def in_slack(slack_secrets: None) -> AsyncIterator[InSlack]:
    async with slack_workspace() as peer:
        api = SlackApi(slack_settings(peer, "http"))
        yield SlackPlatform(api), peer
        await api.close()


async def test_slack_posts_once_over_one_connection_and_edits_in_place(in_slack: InSlack) -> None:
    platform, peer = in_slack
    posted = await platform.post(CHANNEL, Card("INC-7", state="OPEN"), key="k")
    await platform.edit(posted, Card("INC-7", state="CLOSED"))

    (message,) = peer.messages
    assert message.edits == 1
    assert "CLOSED" in message.words
    assert "OPEN" not in message.words


async def test_a_table_that_slack_refuses_is_sent_as_text(in_slack: InSlack) -> None:
    platform, peer = in_slack
    peer.takes_tables = False
    await platform.post(CHANNEL, Card("Runs", table=Table(("Run",), (("RUN-1",),))), key="k")

    assert "RUN-1" in peer.messages[0].words
    assert {block["type"] for block in peer.messages[0].blocks} == {"header", "rich_text"}


async def test_a_card_whose_blocks_slack_refuses_is_sent_as_words(in_slack: InSlack) -> None:
    platform, peer = in_slack
    peer.refuse("chat.postMessage", "invalid_blocks")
    peer.refuse("chat.postMessage", "invalid_blocks")
    await platform.post(CHANNEL, Card("Runs <!channel>", mode="DRILL"), key="k")

    assert peer.messages[0].text == "DRILL · Runs &lt;!channel&gt;"
    assert peer.messages[0].blocks == []


async def test_a_lost_answer_makes_a_post_unknown_and_an_edit_late(
    in_slack: InSlack,
) -> None:
    platform, peer = in_slack
    posted = await platform.post(CHANNEL, Card("INC-7"), key="INC-7/card")
    peer.drop("chat.postMessage")
    with pytest.raises(OutcomeUnknown):
        await platform.post(CHANNEL, Card("INC-8"), key="INC-8/card")
    peer.drop("chat.update")
    with pytest.raises(Transient):
        await platform.edit(posted, Card("INC-7", state="CLOSED"))

    assert [message.words for message in peer.messages] == ["INC-7 CLOSED", "INC-8"]
    assert peer.calls.count("chat.postMessage") == 2


async def test_a_rate_limit_says_when_to_come_back(in_slack: InSlack) -> None:
    platform, peer = in_slack
    peer.limit("chat.postMessage", retry_after=30)
    with pytest.raises(Transient) as limited:
        await platform.post(CHANNEL, Card("INC-7"), key="k")
    assert limited.value.retry_after == 30


async def test_a_wrong_channel_comes_with_its_remedy(in_slack: InSlack) -> None:
    platform, _peer = in_slack
    with pytest.raises(Permanent, match=r"Check chat\.slack\.channel"):
        await platform.post("C0WRONG", Card("INC-7"), key="k")


async def test_a_server_that_is_away_was_surely_not_reached(slack_secrets: None) -> None:
    async with slack_workspace() as peer:
        settings = slack_settings(peer, "http")
    api = SlackApi(settings)
    with pytest.raises(Transient):
        await SlackPlatform(api).post(CHANNEL, Card("INC-7"), key="k")
    await api.close()
