"""What the verbs work with: the rooms, and the question at hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from continuitybot import audit
from continuitybot.approvals import Approvals
from continuitybot.approvals.codes import Codes
from continuitybot.broadcast import Broadcasts
from continuitybot.chat.cards.rendering import Cards
from continuitybot.chat.message import Card
from continuitybot.chat.platform import Reply
from continuitybot.continuity import Continuity
from continuitybot.errors import NotAllowed
from continuitybot.incidents import Incidents
from continuitybot.mailflow import Mailflow
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.readiness import Assessment, Drills
from continuitybot.runbooks import Runbooks
from continuitybot.settings.people import OncallSettings
from continuitybot.store import Database


@dataclass(frozen=True)
class Desk:
    """Every room that a verb can reach, and what the application adds to them.

    `diagnose_self` answers for each part of the bot how it is, "" meaning well; `page_of` is the
    address of an object's page for one person, "" when there is none.
    """

    database: Database
    directory: Directory
    oncall: OncallSettings
    approvals: Approvals
    codes: Codes
    mailflow: Mailflow
    incidents: Incidents
    continuity: Continuity
    broadcasts: Broadcasts
    runbooks: Runbooks
    drills: Drills
    cards: Cards
    readiness: Assessment
    diagnose_self: Callable[[], Awaitable[Mapping[str, str]]]
    page_of: Callable[[Person, str], str]
    time_zone: str

    async def record_denial(self, verb: str, asked: Asked, denial: NotAllowed) -> None:
        """Keep in the audit that somebody was refused before any room was asked."""
        await audit.record_denial(
            self.database,
            who=asked.by.handle,
            verb=verb,
            ref=asked.text("ref"),
            text=denial.text,
            platform=asked.platform,
        )


@dataclass(frozen=True)
class Asked:
    """One verb asked for by one person; `args` as the grammar made them."""

    by: Person
    platform: str
    args: Mapping[str, Any]

    def text(self, name: str) -> str:
        """An argument as text; "" when it was not given."""
        value = self.args.get(name)
        return "" if value is None else str(value)


Perform = Callable[[Desk, Asked], Awaitable[Reply]]


def shown(*cards: Card) -> Reply:
    """An answer that only the asker sees; what concerns everybody is posted by the board."""
    return Reply(cards)


def said(headline: str, *text: str) -> Reply:
    """An answer of a few words."""
    return shown(Card(headline, tone="good", text=text))
