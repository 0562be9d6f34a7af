"""The feature rooms, each built once and told of the others it needs."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog

from continuitybot.app.checking import runbook_folders
from continuitybot.app.ground import Edges, Ground, page_address
from continuitybot.app.ports import room_ports
from continuitybot.app.ports.previewing import PreviewPorts
from continuitybot.app.practice import ScheduledRuns
from continuitybot.app.prover import CanaryProver
from continuitybot.app.telling import PersonalMessages
from continuitybot.broadcast import Broadcasts
from continuitybot.chat.board import Board
from continuitybot.chat.cards.rendering import Cards
from continuitybot.chat.message import Card
from continuitybot.continuity import Continuity, build_providers
from continuitybot.incidents import Incidents
from continuitybot.incidents.pagers.chat import ChatPager
from continuitybot.incidents.pagers.email import EmailPager
from continuitybot.incidents.pagers.pager import Pager
from continuitybot.incidents.pagers.sms import SmsPager
from continuitybot.mailflow import Mailflow
from continuitybot.readiness import Drills
from continuitybot.runbooks import Runbooks, read_library, tabletop_ports
from continuitybot.settings import Settings
from continuitybot.store import Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Rooms:
    """The feature rooms, and the chat that speaks for them."""

    mailflow: Mailflow
    broadcasts: Broadcasts
    incidents: Incidents
    continuity: Continuity
    runbooks: Runbooks
    drills: Drills
    cards: Cards
    board: Board


def make_rooms(ground: Ground, edges: Edges) -> Rooms:
    settings, database, directory = ground.settings, ground.database, ground.directory
    zone = ZoneInfo(settings.organisation.time_zone)
    mailflow = Mailflow(
        database, settings.mailflow, settings.checks, directory, ground.clock, zone=zone
    )
    broadcasts = Broadcasts(
        database,
        settings.broadcast,
        directory,
        ground.approvals,
        edges.carriers,
        ground.clock,
        on_command=edges.door.handle_sms,
    )
    incidents = Incidents(
        database,
        settings.incidents,
        settings.oncall,
        directory,
        _pagers(ground, edges, broadcasts),
        portal_link=lambda person, ref: page_address(ground, person, ref),
        zone=zone,
    )
    continuity = Continuity(
        database,
        settings.continuity,
        providers=build_providers(settings.continuity),
        approvals=ground.approvals,
        directory=directory,
        prover=CanaryProver(mailflow),
        domains=settings.organisation.domains,
    )

    async def render(tx: Transaction, ref: str) -> Card | None:
        return await cards.card_or_none(tx, ref)

    board = Board(database, edges.platforms, _channels(settings), render)
    ports = {
        drill: room_ports(
            database=database,
            board=board,
            directory=directory,
            approvals=ground.approvals,
            mailflow=mailflow,
            incidents=incidents,
            continuity=continuity,
            broadcasts=broadcasts,
            http=edges.http,
            base_url=settings.web.url,
            pilots=settings.broadcast.pilot_audience,
            drill=drill,
        )
        for drill in (False, True)
    }
    library = read_library(runbook_folders(settings.runbooks, ground.folder))
    for problem in library.problems:  # runs that are under way must go on all the same
        log.error("runbooks.not_usable", problem=str(problem))
    runbooks = Runbooks(
        database,
        library.definitions,
        {
            "live": ports[False],
            "pilot": ports[True],
            "tabletop": tabletop_ports(ports[False].speaker),
        },
        directory,
        time_zone=settings.organisation.time_zone,
        previews=PreviewPorts(database, continuity, broadcasts),
        faults=library.problems,
    )
    cards = Cards(
        directory=directory,
        approvals=ground.approvals,
        mailflow=mailflow,
        incidents=incidents,
        continuity=continuity,
        broadcasts=broadcasts,
        runbooks=runbooks,
    )
    drills = Drills(
        database,
        settings.drills,
        ScheduledRuns(runbooks),
        ground.clock,
        settings.organisation.time_zone,
    )
    return Rooms(mailflow, broadcasts, incidents, continuity, runbooks, drills, cards, board)


def _pagers(ground: Ground, edges: Edges, broadcasts: Broadcasts) -> dict[str, Pager]:
    pagers: dict[str, Pager] = {
        "chat": ChatPager(PersonalMessages(edges.platforms), ground.directory),
        "sms": SmsPager(broadcasts),
    }
    if ground.settings.email_relay is not None:
        pagers["email"] = EmailPager(ground.settings.email_relay, ground.clock)
    return pagers


def _channels(settings: Settings) -> dict[str, str]:
    channels = {"console": settings.chat.console.channel}
    if settings.chat.slack is not None:
        channels["slack"] = settings.chat.slack.channel
    return channels
