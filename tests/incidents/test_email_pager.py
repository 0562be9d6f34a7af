"""Pages by e-mail, handed to a real SMTP conversation."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from continuitybot.errors import ContinuityError, OutcomeUnknown, Permanent, Transient
from continuitybot.incidents import Incidents
from continuitybot.incidents.pagers.email import EmailPager, message_id
from continuitybot.incidents.pagers.pager import Page
from continuitybot.settings.incidents import EmailRelaySettings, IncidentSettings
from continuitybot.settings.people import OncallSettings, Rung
from continuitybot.store import (
    Change,
    Database,
    Effect,
    Outcome,
    Succeeded,
    Transaction,
    Workers,
)
from rig.clock import MovedClock
from rig.people import ALICE, CAROL, directory_of
from rig.smtp_peer import DROP, HANG, SmtpPeer, smtp_peer

TEXT = "LIVE INC-7 SEV1: Inbound mail is failing since 09:00 UTC. Reply ACK 7"
PAGE = Effect(
    "INC-7/page/alice/email/1",
    "page.email",
    {"to": "alice@example.net", "subject": TEXT, "text": TEXT},
)


@dataclass
class Relay:
    """Keeps every envelope it takes."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """A relay on loopback that takes everything."""
    taking = Relay()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(taking), "127.0.0.1", 0)
    taking.port = server.sockets[0].getsockname()[1]
    yield taking
    server.close()


def settings(port: int, **more: object) -> EmailRelaySettings:
    given = {"host": "127.0.0.1", "port": port, "starttls": False, "from": "bot@example.org"}
    return EmailRelaySettings.model_validate(given | more)


async def ignored(_tx: Transaction, _effect: Effect, _outcome: Outcome) -> None:
    """Nothing follows from the outcome here."""


async def performed(clock: MovedClock, relay: EmailRelaySettings) -> Outcome:
    (duty,) = EmailPager(relay, clock).duties(ignored)
    outcome = await duty.perform(PAGE)
    assert isinstance(outcome, Succeeded)
    return outcome


async def test_a_page_arrives_with_a_message_id_of_its_key(clock: MovedClock, relay: Relay) -> None:
    await performed(clock, settings(relay.port))
    await performed(clock, settings(relay.port))
    first, again = (envelope.content.decode() for envelope in relay.envelopes)
    assert relay.envelopes[0].rcpt_tos == ["alice@example.net"]
    assert f"Message-ID: {message_id(PAGE.key, 'bot@example.org')}" in first
    assert "Auto-Submitted: auto-generated" in first
    assert "Reply ACK 7" in first
    assert first == again


@pytest.mark.parametrize(
    ("script", "error", "text"),
    [
        ({"banner": "421 go away"}, Transient, "deferred the page with 421"),
        ({"RCPT": "451 4.7.1 later"}, Transient, "deferred the page with 451"),
        ({"RCPT": "550 5.1.1 no such user"}, Permanent, "refused the page with 550"),
        ({"message": "554 5.6.0 spam"}, Permanent, "refused the page with 554"),
        ({"message": DROP}, OutcomeUnknown, "may have been taken"),
        ({"banner": HANG}, Transient, "did not answer in time"),
    ],
)
async def test_what_the_relay_answers_decides_whether_to_try_again(
    clock: MovedClock, script: dict[str, str], error: type[ContinuityError], text: str
) -> None:
    async with smtp_peer(**script) as peer:
        with pytest.raises(error, match=text):
            await performed(clock, settings(peer.port, timeout="500ms"))


async def test_a_relay_that_is_away_is_tried_again(clock: MovedClock) -> None:
    with pytest.raises(Transient, match=r"127\.0\.0\.1:1 cannot be used"):
        await performed(clock, settings(1))


async def test_starttls_is_required_when_it_is_set(clock: MovedClock) -> None:
    async with smtp_peer(EHLO="250 peer") as peer:
        with pytest.raises(ContinuityError):
            await performed(clock, settings(peer.port, starttls=True))
        assert peer.messages == []


async def test_who_has_no_alternate_address_is_not_reached(clock: MovedClock) -> None:
    pager = EmailPager(settings(25), clock)
    assert pager.reaches(ALICE)
    assert not pager.reaches(CAROL)


async def test_a_page_that_the_relay_refuses_moves_the_ladder_on(
    database: Database, clock: MovedClock
) -> None:
    async with smtp_peer(RCPT="550 5.1.1 no such user") as peer:
        incidents, workers = await by_email(database, clock, peer)
        async with database.transaction() as tx:
            await tx.announce(Change("inbound-mail", "check.failing", data={"direction": "both"}))
        await workers.run_due()
        async with database.reading() as tx:
            pages = await incidents.pages(tx, "INC-1")
    # The second step is the last resort: every admin, who is Alice again.
    assert [(page.step, page.person, page.state) for page in pages] == [
        (1, "alice", "failed"),
        (2, "alice", "failed"),
    ]


async def by_email(
    database: Database, clock: MovedClock, peer: SmtpPeer
) -> tuple[Incidents, Workers]:
    directory = await directory_of(database)
    ladder = OncallSettings(ladder=(Rung(people=("alice",), channels=("email",)),))
    pager = EmailPager(settings(peer.port), clock)
    incidents = Incidents(database, IncidentSettings(), ladder, directory, {"email": pager})
    return incidents, Workers(database, incidents.duties(), clock)


async def test_the_subject_holds_the_whole_page(
    database: Database, clock: MovedClock, relay: Relay
) -> None:
    pager = EmailPager(settings(relay.port, timeout=timedelta(seconds=5)), clock)
    async with database.transaction() as tx:
        await pager.send(tx, Page(PAGE.key, "INC-7", TEXT, "https://bot.example/p"), ALICE)
    await Workers(database, pager.duties(ignored), clock).run_due()
    content = relay.envelopes[0].content.decode().replace("\r\n ", " ")
    assert f"Subject: {TEXT}" in content
    assert "https://bot.example/p" in content
