"""The company outside the bot, and a bot that is started again whenever it dies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text, update

from continuitybot import log
from continuitybot.lab import Lab
from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.store import Database, effects
from crash.astray import Astray
from crash.frontier import Frontier
from crash.lasting_port import lasting_port
from crash.life import Die, Show, Tally, Turn, Work
from crash.moments import Moment, Strike
from crash.nursery import PROCESSES, Change, Died, Nursery
from crash.shared_clock import SharedClock
from rig.company import PACES
from rig.ordinary_settings import Document, rewrite_settings
from rig.slack_peer import BOT_TOKEN, CHANNEL, SIGNING_SECRET, TEAM, slack_workspace

Next = Callable[[Strike | None], Moment | None]
"""Told where the bot was killed, it says when the next life ends."""

_PATIENCE = 60.0  # seconds that anything real may take on a busy machine
_OWN_RUNBOOKS = Path(__file__).parent / "runbooks"


class World:
    """Lab, phones, people and clock live here; `url` is the database of the bot.

    Without `receipts` the carrier's own reports go astray: the bot has to ask. In a `pilot` the
    lab's domain is the one kept for drills; with `slack` everything is told there, too. A `change`
    breaks the bot on purpose. With `quick_takeover` the leases of a dead instance are over at
    once, where on PostgreSQL they last until the clock says so.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        receipts: bool = True,
        pilot: bool = False,
        slack: bool = False,
        checks_every: str = "12h",
        change: Change | None = None,
        quick_takeover: bool = False,
    ) -> None:
        log.configure("error", "text")
        self.clock = SharedClock(PROCESSES)
        self.lab = Lab(paces=PACES, clock=self.clock)
        self.routes: list[str] = []
        self.strikes: list[Strike | None] = []
        self.records = Database.at(url, self.clock)
        self.url = url
        self._astray = None if receipts else Astray()
        self._pilot = pilot
        self._in_slack = slack
        self._checks_every = checks_every
        self._open = AsyncExitStack()
        self._change = change
        self._quick_takeover = quick_takeover
        self._config = folder / "continuitybot.yaml"
        self._folder = folder
        self._port = lasting_port()
        self._worked_until = self.clock.now()
        self._next_due: datetime | None = None
        self._next: Next = _never

    @property
    def has_receipts(self) -> bool:
        """Whether the carrier's reports reach the bot."""
        return self._astray is None

    async def start(self) -> None:
        await self.lab.start()
        self.slack = await self._open.enter_async_context(slack_workspace())
        lab = self.lab.addresses.http_url
        self.frontier = Frontier(lab, self.slack.url, self._strikes)
        await self.frontier.start()
        if self._astray is not None:
            await self._astray.start()
        listener = Door(HOST, lasting_port())
        addresses = replace(self.lab.addresses, http_url=self.frontier.url)
        write_demo(self._folder, addresses, self._port, listener.port)
        rewrite_settings(self._config, environment(addresses), self._settings)
        bot = f"http://{HOST}:{self._port}"
        inbound = "" if self._astray else f"{bot}/sms/twilio/inbound"
        self.lab.connect(BotDoors(listener, inbound))
        table = self.lab.mail.gateway.routes
        table.on_change(lambda: self.routes.append(table.route(DOMAIN).next_hop))
        self._http = httpx.AsyncClient(base_url=bot, timeout=_PATIENCE)
        self._nursery = Nursery(self._config, self.clock, self._port, self._change)
        await self._nursery.begin(None)

    def _settings(self, document: Document) -> None:
        document["database"] = self.url
        if self._in_slack:
            document["chat"]["slack"] = self._slack_settings()
        if self._astray is not None:
            document["web"]["public_url"] = self._astray.url
        for check in document["checks"]:
            check["every"] = self._checks_every
        document["runbooks"] = {"folders": [str(_OWN_RUNBOOKS)]}
        if self._pilot:
            document["organisation"]["domains"] = ["main.example"]
            document["continuity"]["providers"][0]["pilot_domains"] = [DOMAIN]
        if not self.url.startswith("sqlite"):
            (self._folder / "database").write_text(self.url, encoding="utf-8")
            document["database"] = f"file:{self._folder / 'database'}"

    def _slack_settings(self) -> Document:
        for name, secret in (("bot", BOT_TOKEN), ("signing", SIGNING_SECRET)):
            (self._folder / f"slack-{name}").write_text(secret, encoding="utf-8")
        return {
            "mode": "http",
            "bot_token": f"file:{self._folder}/slack-bot",
            "signing_secret": f"file:{self._folder}/slack-signing",
            "channel": CHANNEL,
            "team_id": TEAM,
            "api_url": f"{self.frontier.url}/api/",
        }

    async def stop(self) -> None:
        await self._http.aclose()
        await self._nursery.close()
        await self.records.close()
        await self.frontier.stop()
        await self._open.aclose()
        await self.lab.stop()
        if self._astray is not None:
            await self._astray.stop()

    # ------------------------------------------------------------------- death

    async def dies(self, next_death: Next) -> None:
        """From now on the bot dies as it is said."""
        self._next = next_death
        moment = next_death(None)
        self.frontier.set(moment)
        await self._asks(Die(moment))

    async def dies_no_more(self) -> Tally:
        """What there was to die at since the last death, or since `dies`."""
        self._next = _never
        tally = await self._asks(Die(None))
        assert isinstance(tally, Tally)
        return tally

    def _strikes(self, strike: Strike) -> None:
        if self._nursery.kill():
            self._nursery.strike = strike

    async def _revived(self) -> None:
        """The process is gone: by the kill that was asked for. An init system starts another."""
        while True:
            self.strikes.append(self._nursery.strike)
            moment = self._next(self._nursery.strike)
            self.frontier.set(moment)
            if not self.records.single_process:
                await self._buried()
            try:
                return await self._nursery.begin(moment)
            except Died:
                continue

    async def _buried(self) -> None:
        """PostgreSQL has noticed that the process is gone, and what it held is free."""
        others = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with self.records.transaction() as tx:
            while (await tx.execute(others)).scalar_one():
                await tx.execute(text("SELECT pg_stat_clear_snapshot(), pg_sleep(0.002)"))
            if self._quick_takeover:
                leased = update(effects).where(effects.c.state == "leased")
                await tx.execute(leased.values(leased_until=tx.now))

    async def _asks(self, question: object) -> Any:
        """What the bot answers; the next life is asked again."""
        while True:
            try:
                return await self._nursery.ask(question)
            except Died:
                await self._revived()

    async def _finds_it_dead(self) -> None:
        with suppress(Died):
            await self._nursery.bury()
        await self._revived()

    # ------------------------------------------------------------------ people

    async def says(self, who: str, line: str, makes: str = "") -> None:
        """Somebody says a line; says it again when no answer came, unless it shows already."""
        doubtful = False
        while not (doubtful and makes and await self.shows(makes)):
            try:
                answer = await self._http.post("/console/say", data={"as": who, "text": line})
            except httpx.TransportError:
                await self._finds_it_dead()
                doubtful = True
                continue
            # Refused at the second try: the first was heard, and died before it could answer.
            assert answer.json()["ok"] or doubtful, answer.json()["text"]
            break
        await self.settles()

    async def texts(self, who: str, asked: str, line: str) -> None:
        """Somebody answers a text that asks this when it has come; {code} is the code in it."""
        while not (text := self._text_to(who, asked)):
            await self._moves_on()
        code = re.search(r"\b\d{6}\b", text)
        answer = line.format(code=code[0] if code else "")
        async with httpx.AsyncClient(base_url=self.lab.addresses.http_url) as lab:
            (await lab.post(f"/lab/phones/{who}/reply", json={"text": answer})).raise_for_status()
        await self.settles()

    def _text_to(self, who: str, words: str) -> str:
        phone = self.lab.phones.of(who)
        assert phone is not None
        return next((sms.text for sms in reversed(phone.thread) if words in sms.text), "")

    async def shows(self, ref: str) -> str:
        """The words on the card of an object, "" when there is none."""
        return str(await self._asks(Show(ref)))

    async def until(self, ref: str, *words: str) -> str:
        """Time goes on until the card of an object has one of these words on it: which."""
        await self.settles()
        for _ in range(300):
            shown = await self.shows(ref)
            for word in words:
                if word in shown:
                    return word
            await self._moves_on()
        raise AssertionError(f"{ref} still shows: {await self.shows(ref)}")

    async def _moves_on(self) -> None:
        assert self._next_due is not None, "nothing is due any more"
        self.clock.advance_to(self._next_due)
        await self.settles()

    async def passes(self, seconds: float) -> None:
        """Time goes on, from one due moment to the next."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.settles()
        while self.clock.now() < end:
            self.clock.advance_to(min(end, self._next_due or end))
            await self.settles()

    async def settles(self) -> None:
        """What is due is done, and what is on its way between the machines has arrived."""
        async with asyncio.timeout(_PATIENCE):
            while await self._works() or not self.lab.is_quiet:
                await self._quiet()

    async def _works(self) -> bool:
        turn = await self._asks(Work(self._worked_until))
        assert isinstance(turn, Turn)
        self._worked_until, self._next_due = self.clock.now(), turn.next_due
        return turn.begun > 0

    async def _quiet(self) -> None:
        # The lab has no one moment to be told of: it is mail servers, phones and timers.
        while not self.lab.is_quiet:
            if self._nursery.is_dead:
                await self._finds_it_dead()
            await asyncio.sleep(0.002)


def _never(_strike: Strike | None) -> None:
    """No death."""


@asynccontextmanager
async def open_world(folder: Path, url: str, **options: Any) -> AsyncIterator[World]:
    """A company whose bot is ready."""
    world = World(folder, url, **options)
    await world.start()
    try:
        yield world
    finally:
        await world.stop()
