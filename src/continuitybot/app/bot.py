"""One bot: wired, started and stopped in order; in between it runs by itself."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import structlog
from aiohttp import web

from continuitybot.app.ground import Edges, Ground, make_edges, make_ground, page_address
from continuitybot.app.practice import make_assessment
from continuitybot.app.rooms import Rooms, make_rooms
from continuitybot.app.selfcheck import SelfCheck
from continuitybot.app.telemetry import Telemetry, exporter_to
from continuitybot.chat.asking import Asking
from continuitybot.chat.commands import Commands, Desk
from continuitybot.chat.notices import Notices
from continuitybot.clock import Clock
from continuitybot.errors import BadInput
from continuitybot.people.importing import import_file
from continuitybot.settings import Settings
from continuitybot.store import Duty, Schedules, Workers
from continuitybot.store.claim import Claim
from continuitybot.store.instances import Instances
from continuitybot.store.migrate import migrate
from continuitybot.web import carriers as carrier_routes
from continuitybot.web import health
from continuitybot.web.console import Console
from continuitybot.web.evidence import EvidencePages
from continuitybot.web.portal import Portal
from continuitybot.web.run_page import RunPage
from continuitybot.web.server import Server, application, templates
from continuitybot.web.visitor import Door

log = structlog.get_logger(__name__)


class Bot:
    """A wired bot. `start` makes it work, `stop` ends it in order; in between it runs by itself."""

    def __init__(
        self,
        ground: Ground,
        edges: Edges,
        rooms: Rooms,
        app: web.Application,
        check: SelfCheck,
        telemetry: Telemetry,
    ) -> None:
        self.ground = ground
        self.rooms = rooms
        self.app = app
        self.database = ground.database
        self.commands = edges.door.commands
        self._edges = edges
        self._server = Server(ground.settings.web, app)
        self.schedules = Schedules(ground.database)
        self.workers = Workers(
            ground.database,
            _duties(ground, edges, rooms),
            ground.clock,
            watcher=telemetry.watcher,
        )
        self._check = check
        self._telemetry = telemetry
        self._claim = Claim(ground.database)
        self._instances = Instances(ground.database)
        self.fenced = self._instances.fenced
        """Set when another instance has taken over: whoever started this one has to stop it."""
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Everything but the work that goes on by itself: tables, people, listeners, schedules."""
        await migrate(self.database)
        await self._instances.join()
        await load_people(self.ground)
        await self.workers.release_own_leases()
        await self.rooms.mailflow.start()
        rooms = self.rooms
        for schedule in (
            *rooms.mailflow.schedules(),
            *rooms.drills.schedules(),
            *rooms.runbooks.schedules(),
        ):
            self.schedules.add(schedule)
        self._check.watch(self.workers)

    async def start(self) -> None:
        """Listen, tick and work. Raises Refused when something needed cannot be had."""
        self._telemetry.start()
        self._claim.take()
        await self.prepare()
        await self._server.start()
        begun = self.database.clock.now()
        await self.rooms.drills.catch_up(self.schedules)
        self._tasks.append(asyncio.create_task(self.schedules.run(begun), name="schedules"))
        self._tasks.append(asyncio.create_task(self.workers.run(), name="workers"))
        if self._edges.slack is not None:
            self._tasks.append(asyncio.create_task(self._edges.slack.bot.run(), name="slack"))
        if self._check.heartbeat_url:
            self._tasks.append(asyncio.create_task(self._check.beat(), name="heartbeat"))

    async def stop(self) -> None:
        """End in the order that loses nothing: no new work, then what is under way, then doors."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.workers.stop()
        await self._server.stop()
        await self.rooms.mailflow.stop()
        if self._edges.slack is not None:
            await self._edges.slack.api.close()
        for carrier in self._edges.carriers.values():
            await carrier.close()
        await self._edges.http.aclose()
        await self._instances.leave()
        await self._telemetry.stop()
        await self.database.close()
        self._claim.give_back()


def build(settings: Settings, folder: Path, clock: Clock | None = None) -> Bot:
    """Wire a bot. `folder` is where the settings file is: relative paths start there.

    Without a clock it goes by the one that decides about its database.
    """
    ground = make_ground(settings, folder, clock)
    exporter = exporter_to(settings.tracing, ground.database.instance)
    telemetry = Telemetry(ground.database, exporter)
    edges = make_edges(ground, telemetry.verb)
    rooms = make_rooms(ground, edges)
    further = {"slack": edges.slack.trouble} if edges.slack is not None else {}
    at_leisure = {"trace collector": exporter.trouble} if exporter is not None else {}
    check = SelfCheck(
        ground.database, rooms.mailflow, settings.web.heartbeat_url, further, at_leisure
    )
    desk = _desk(ground, rooms, check)
    edges.door.commands = Commands(desk)
    _notices(ground, rooms)
    app = _web(ground, edges, rooms, check, telemetry)
    return Bot(ground, edges, rooms, app, check, telemetry)


def _desk(ground: Ground, rooms: Rooms, check: SelfCheck) -> Desk:
    readiness = make_assessment(ground.directory, rooms.mailflow, rooms.continuity, rooms.drills)
    return Desk(
        database=ground.database,
        directory=ground.directory,
        oncall=ground.settings.oncall,
        approvals=ground.approvals,
        codes=ground.codes,
        mailflow=rooms.mailflow,
        incidents=rooms.incidents,
        continuity=rooms.continuity,
        broadcasts=rooms.broadcasts,
        runbooks=rooms.runbooks,
        drills=rooms.drills,
        cards=rooms.cards,
        readiness=readiness,
        diagnose_self=check.ask_all,
        page_of=lambda person, ref: page_address(ground, person, ref),
        time_zone=ground.settings.organisation.time_zone,
    )


def _notices(ground: Ground, rooms: Rooms) -> None:
    Asking(
        ground.database,
        runbooks=rooms.runbooks,
        directory=ground.directory,
        incidents=rooms.incidents,
        codes=ground.codes,
    )
    Notices(
        ground.database,
        board=rooms.board,
        cards=rooms.cards,
        directory=ground.directory,
        approvals=ground.approvals,
        incidents=rooms.incidents,
        codes=ground.codes,
    )


def _web(
    ground: Ground, edges: Edges, rooms: Rooms, check: SelfCheck, telemetry: Telemetry
) -> web.Application:
    settings, pages = ground.settings, templates()
    door = Door(settings.web, ground.links, ground.directory, ground.clock)
    console = Console(settings, ground.database, door, edges.console, edges.door.handle, pages)
    runs = RunPage(settings, ground.database, rooms.cards, rooms.runbooks, pages)
    portal = Portal(settings, ground.database, door, rooms.cards, rooms.incidents, runs,
                    edges.door.handle, pages)  # fmt: skip
    evidence = EvidencePages(settings, ground.database, door, rooms.runbooks, pages)
    routes = [
        *console.routes(),
        *portal.routes(),
        *evidence.routes(),
        *carrier_routes.routes(rooms.broadcasts),
        *health.routes(check.parts, check.instances, telemetry.figures),
    ]
    if edges.slack is not None and edges.slack.is_http:
        routes.append(web.post("/slack/events", edges.slack.bot.events))
    return application(settings.web, routes)


def _duties(ground: Ground, edges: Edges, rooms: Rooms) -> list[Duty]:
    return [
        *ground.approvals.duties(),
        *rooms.mailflow.duties(),
        *rooms.incidents.duties(),
        *rooms.continuity.duties(),
        *rooms.broadcasts.duties(),
        *rooms.runbooks.duties(),
        *rooms.drills.duties(),
        *rooms.board.duties(),
        *(edges.slack.bot.duties() if edges.slack is not None else ()),
    ]


async def load_people(ground: Ground) -> None:
    """Import the people file; when it is bad or gone, the last good people stay, and it is said."""
    settings = ground.settings
    file = ground.folder / settings.people.file
    try:
        domains = settings.organisation.domains
        done = await import_file(ground.database, file, settings.people, domains)
        log.info("people.imported", result=str(done))
    except BadInput as error:
        if not await ground.directory.everyone():
            raise
        log.error("people.not_imported", reason=str(error))
