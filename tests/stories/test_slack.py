"""The incident in Slack: the same verbs, the same cards, the same authority."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rig.company import Company, Document, open_company
from rig.slack_peer import (
    APP_TOKEN,
    BOT_TOKEN,
    CHANNEL,
    SIGNING_SECRET,
    TEAM,
    SlackMessage,
    SlackPeer,
    slack_workspace,
)

_ACCOUNTS = {"alice": "U0ALICE", "bob": "U0BOB"}


@dataclass
class Workspace:
    """A company whose bot is in Slack."""

    company: Company
    peer: SlackPeer

    async def says(self, handle: str, line: str) -> str:
        """A slash command, and the words of the answer."""
        assert await self.peer.slash(_ACCOUNTS.get(handle, handle), line) == 200
        await self.company.moment()
        return self.peer.seen_by(_ACCOUNTS.get(handle, handle))[-1].words

    async def clicks(self, handle: str, ref: str, label: str) -> None:
        """A button on the card of an object."""
        assert await self.peer.click(_ACCOUNTS[handle], self.card(ref), label) == 200
        await self.company.moment()

    def card(self, ref: str) -> SlackMessage:
        """The one card of an object in the channel."""
        cards = [
            message
            for message in self.peer.messages
            if message.channel == CHANNEL
            and not message.only_for
            and not message.thread
            and f" {ref} " in f" {message.words} "
            and message.words.index(ref) < 20
        ]
        assert len(cards) == 1, f"{len(cards)} cards of {ref}"
        return cards[0]


@asynccontextmanager
async def in_slack(folder: Path) -> AsyncIterator[Workspace]:
    async with slack_workspace() as peer:

        def connect(document: Document) -> None:
            secrets = {"bot": BOT_TOKEN, "app": APP_TOKEN, "signing": SIGNING_SECRET}
            for name, secret in secrets.items():
                (folder / f"slack-{name}").write_text(secret, encoding="utf-8")
            document["chat"]["slack"] = {
                "mode": "http",
                "bot_token": f"file:{folder}/slack-bot",
                "signing_secret": f"file:{folder}/slack-signing",
                "channel": CHANNEL,
                "team_id": TEAM,
                "api_url": f"{peer.url}/api/",
            }
            _add_accounts(folder / "people.csv")
            (folder / "own").mkdir()
            (folder / "own" / "calls.yaml").write_text(CALLS, encoding="utf-8")
            document["runbooks"] = {"folders": ["own"]}

        async with open_company(folder, connect) as company:
            peer.bot_url = f"{company.url}/slack/events"
            yield Workspace(company, peer)


def _add_accounts(people: Path) -> None:
    with people.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with people.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "slack": _ACCOUNTS.get(row["handle"], "")} for row in rows)


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Workspace]:
    async with in_slack(tmp_path) as workspace:
        yield workspace


async def test_a_slash_command_is_answered_with_how_mail_flows(slack: Workspace) -> None:
    await slack.company.passes(minutes=5)
    answer = await slack.says("alice", "status")

    assert "Mail flow" in answer
    assert "are healthy" in answer


async def test_mail_is_switched_by_two_people_in_slack(slack: Workspace) -> None:
    await slack.company.mail_stops()
    assert "Inbound mail is failing" in slack.card("INC-1").words
    await slack.clicks("alice", "INC-1", "Acknowledge")
    await slack.clicks("alice", "RUN-1", "Invoke continuity")

    await slack.clicks("alice", "EVT-1", "Approve")
    assert "you asked for this yourself" in slack.peer.seen_by("U0ALICE")[-1].words
    assert slack.company.route == "primary"

    await slack.clicks("bob", "EVT-1", "Approve")
    await slack.company.until("EVT-1", "ACTIVE")
    await slack.company.moment()
    assert slack.company.route == "standby"
    assert "ACTIVE" in slack.card("EVT-1").words
    assert "Alice Brandt" in slack.card("INC-1").words


async def test_what_is_decided_in_the_console_shows_on_the_card_in_slack(slack: Workspace) -> None:
    await slack.company.mail_stops()
    await slack.company.alice.says("ack INC-1")

    assert "Acknowledged by" in slack.card("INC-1").words
    assert "nobody yet" not in slack.card("INC-1").words


async def test_an_account_that_nobody_has_may_do_nothing(slack: Workspace) -> None:
    await slack.company.mail_stops()
    answer = await slack.says("U0MALLORY", "ack INC-1")

    assert "not in the directory" in answer
    assert "nobody yet" in slack.card("INC-1").words


CALLS = """
name: calls
title: Call everybody
kind: incident
steps:
  - id: council
    title: The works council knows
    owner: alice
    do: {text: Call the works council.}
  - id: how_many
    title: How many are affected
    ask: {text: "How many are affected?", type: number}
  - id: consent
    title: Consent
    approve: {text: Tell the customers.}
"""


async def test_items_questions_and_approvals_of_a_run_are_answered_in_slack(
    slack: Workspace,
) -> None:
    await slack.says("alice", "run calls")
    private = [message.words for message in slack.peer.messages if "works council" in message.words]
    assert any("DONE RUN-1 council" in words for words in private)
    assert "DONE RUN-1 council" in await slack.says("alice", "tasks")
    await slack.clicks("alice", "RUN-1", "Done")

    assert "is not a number" in await slack.says("bob", "answer RUN-1 how_many several")
    await slack.says("bob", "answer RUN-1 how_many 250")
    late = await slack.says("alice", "answer RUN-1 how_many 300")
    assert "bob answered “250” at" in late

    await slack.clicks("alice", "RUN-1", "Approve")
    assert "you asked for this yourself" in slack.peer.seen_by("U0ALICE")[-1].words
    await slack.clicks("bob", "RUN-1", "Approve")
    await slack.company.until("RUN-1", "finished")
