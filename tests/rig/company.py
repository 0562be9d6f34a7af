"""A company and its bot for stories: real mail, texts and web pages, on a clock that is moved.

The lab is the company: its mail servers, its carrier and its phones answer on loopback. The bot
is wired by the composition root and served on a port of its own. People act through the browser
console's door, with their own signed links.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from sqlalchemy import func, select

from continuitybot import audit, log
from continuitybot.app import Bot, build
from continuitybot.chat import text
from continuitybot.lab import Lab, Paces
from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.carrier.webhooks import signature
from continuitybot.lab.company import DOMAIN, EMPLOYEES
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.lab.demonstration import free_port
from continuitybot.lab.mail.site import Mode
from continuitybot.settings import load
from continuitybot.store import Database, effects
from continuitybot.store.migrate import migrate
from rig.admin import Admin
from rig.clock import MovedClock
from rig.ordinary_settings import Document, rewrite_settings
from rig.telephones import Telephone, Telephones

PACES = Paces(
    messages_per_second=5,
    first_retry=0.02,
    longest_retry=0.05,
    slow_command=0.3,
    linger=0.1,
    transit=(0.0, 0.01),
    answer=(0.0, 0.02),
    webhook_retry=0.05,
    push=0.05,
)
__all__ = ["Company", "Document", "company", "open_company"]

_PATIENCE = 30.0  # seconds that anything real may take on a busy machine
_A_MOMENT = timedelta(seconds=5)  # until a person has seen what came of an act


class Company:
    """A company whose mail is watched. `changes` may edit the settings before the bot is built."""

    def __init__(self, folder: Path, changes: Callable[[Document], None] | None = None) -> None:
        self.clock = MovedClock()
        log.configure("error", "text")
        self.lab = Lab(paces=PACES, clock=self.clock)
        self.folder = folder
        self._changes = changes
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"
        self.config = folder / "continuitybot.yaml"

    async def start(self) -> None:
        """Open the company, wire the bot, and serve it."""
        await self.lab.start()
        listener = Door(HOST, free_port())
        write_demo(self.folder, self.lab.addresses, self._port, listener.port)
        rewrite_settings(self.config, environment(self.lab.addresses), self._changes)
        await _give_tables(self.folder / "continuitybot.db")
        self.bot = self._built()
        await self.bot.prepare()
        self._runner = web.AppRunner(self.bot.app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self.lab.connect(BotDoors(listener, f"{self.url}/sms/twilio/inbound"))
        self.http = httpx.AsyncClient(base_url=self.url, timeout=_PATIENCE, verify=False)
        self.phones = Telephones(self.lab)
        await self.passes(minutes=2)

    def _built(self) -> Bot:
        return build(load(self.config), self.folder, self.clock)

    async def goes_offline(self) -> None:
        """The bot's server no longer answers anybody."""
        await self._runner.cleanup()

    async def stop(self) -> None:
        """Close everything that was opened."""
        await self.http.aclose()
        await self.phones.close()
        await self._runner.cleanup()
        await self.bot.stop()
        await self.lab.stop()

    # ------------------------------------------------------------------ people

    async def says_all(self, *lines: str, by: str = "alice") -> None:
        """One person says several lines."""
        for line in lines:
            await Admin(self, by).says(line)

    def __getattr__(self, handle: str) -> Admin:
        """`company.alice`: any employee by handle."""
        if handle not in {one.handle for one in EMPLOYEES}:
            raise AttributeError(handle)
        return Admin(self, handle)

    def phone(self, handle: str) -> Telephone:
        """One employee's phone."""
        return self.phones.of(handle)

    def link(self, handle: str) -> dict[str, str]:
        """What a person's own signed link carries."""
        return {"key": self.bot.ground.links.sign(handle, self.clock.now())}

    @property
    def route(self) -> str:
        """Where the gateway sends the company's mail."""
        return self.lab.mail.gateway.routes.route(DOMAIN).next_hop

    async def stranger_texts(self, text: str) -> None:
        """Somebody nobody knows texts the company's number; the carrier signs it."""
        url = f"{self.url}/sms/twilio/inbound"
        form = {"From": "+436605559999", "Body": text, "MessageSid": "SM0stranger"}
        headers = {"X-Twilio-Signature": signature(self._carrier_token, url, form)}
        (await self.http.post(url, data=form, headers=headers)).raise_for_status()
        await self.settles()

    @property
    def _carrier_token(self) -> str:
        return self.lab.addresses.carrier.auth_token

    async def card(self, ref: str, reader: str = "alice") -> str:
        """The words on the newest card of an object, as it stands in the channel."""
        for section in reversed(await Admin(self, reader).feed()):
            if section.shared and ref in section.page.text.split()[:2]:
                return section.page.text
        raise AssertionError(f"the channel has no card of {ref}")

    # -------------------------------------------------------------------- time

    async def mail_stops(self, how: str = "defers", minutes: float = 5) -> None:
        """The primary breaks, and nobody tells the bot."""
        await self.lab.mail.primary.set_mode(Mode(how))
        await self.passes(minutes=minutes)

    async def mail_works_again(self, minutes: float = 5) -> None:
        """The primary is repaired, and nobody tells the bot."""
        await self.lab.mail.primary.set_mode(Mode.HEALTHY)
        await self.passes(minutes=minutes)

    async def passes(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Time goes on, from one due moment to the next; everything due happens in between."""
        end = self.clock.now() + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        await self.settles()
        while self.clock.now() < end:
            await self._moves_on(end)

    async def until(self, ref: str, words: str, *, minutes: float = 10) -> str:
        """Time goes on until the card of an object has these words on it."""
        end = self.clock.now() + timedelta(minutes=minutes)
        await self.settles()
        while words not in (shown := await self._shows(ref)):
            if self.clock.now() >= end:
                raise AssertionError(f"after {minutes} min, {ref} still shows: {shown}")
            await self._moves_on(end)
        return shown

    async def moment(self) -> None:
        """As long as a person needs to look."""
        await self.passes(seconds=_A_MOMENT.total_seconds())

    async def settles(self) -> None:
        """What is due is done, and what is on its way between the machines has arrived."""
        async with asyncio.timeout(_PATIENCE):
            while await self.bot.workers.run_due() or not self.lab.is_quiet:
                await self._quiet()

    async def _quiet(self) -> None:
        # The lab has no one moment to be told of: it is mail servers, phones and timers.
        while not self.lab.is_quiet:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.002)

    async def _moves_on(self, end: datetime) -> None:
        before = self.clock.now()
        moment = min([end, *await self._moments_after(before)])
        self.clock.advance((moment - before).total_seconds())
        await self.bot.schedules.catch_up(before, only=lambda _: True)
        await self.settles()

    async def _moments_after(self, before: datetime) -> list[datetime]:
        rooms = self.bot.rooms
        schedules = (
            *rooms.mailflow.schedules(),
            *rooms.drills.schedules(),
            *rooms.runbooks.schedules(),
        )
        firings = [self.bot.schedules.next_firing(schedule.name) for schedule in schedules]
        async with self.bot.database.reading() as tx:
            row = await tx.row(
                select(func.min(effects.c.due)).where(
                    effects.c.state == "waiting", effects.c.due > before
                )
            )
        return [moment for moment in (*firings, row and row[0]) if moment is not None]

    async def _shows(self, ref: str) -> str:
        async with self.bot.database.reading() as tx:
            card = await self.bot.rooms.cards.card_or_none(tx, ref)
        return " ".join(text.render(card).split()) if card else "no card"

    # ----------------------------------------------------------------- records

    async def check_records(self) -> None:
        """The audit is whole, and nothing that the bot did broke on a fault of its own."""
        verdict = await audit.verify(self.bot.database)
        assert verdict.ok, verdict.reason
        async with self.bot.database.reading() as tx:
            broken = await tx.rows(
                select(effects.c.key, effects.c.note).where(effects.c.note.contains("the log has"))
            )
        assert not broken, broken

    async def verbs_denied(self, who: str) -> list[str]:
        """What somebody was refused, by what the audit says."""
        async with self.bot.database.reading() as tx:
            entries = await audit.entries(tx, None, limit=500)
        return [one.verb for one in entries if one.who == who and one.outcome == "denied"]

    async def audited(self, verb: str, outcome: str = "done") -> list[str]:
        """Who did something, by what the audit says."""
        async with self.bot.database.reading() as tx:
            entries = await audit.entries(tx, None, limit=500)
        return [one.who for one in entries if one.verb == verb and one.outcome == outcome]


_TABLES: list[bytes] = []


async def _give_tables(file: Path) -> None:
    """Every migration has run; for the companies after the first, by a copy of the file."""
    if not _TABLES:
        database = Database.at(f"sqlite:///{file}", MovedClock())
        await migrate(database)
        await database.close()
        _TABLES.append(file.read_bytes())
    file.write_bytes(_TABLES[0])


@asynccontextmanager
async def open_company(
    folder: Path, changes: Callable[[Document], None] | None = None
) -> AsyncIterator[Company]:
    """A company at work, healthy for a minute; closed at the end, with its records looked at."""
    company = Company(folder, changes)
    await company.start()
    try:
        yield company
        await company.check_records()
    finally:
        await company.stop()


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    """One company for each test; at its end the records must be whole."""
    async with open_company(tmp_path) as opened:
        yield opened
