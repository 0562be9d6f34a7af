"""The ports of live runs and of pilots: the rooms themselves."""

from __future__ import annotations

import httpx

from continuitybot.app.ports.checking import MailChecks
from continuitybot.app.ports.consent import Approving, Consent
from continuitybot.app.ports.speaking import Paging, Speaker
from continuitybot.app.ports.switching import ContinuityVerbs
from continuitybot.app.ports.telling import Broadcasting
from continuitybot.approvals import Approvals
from continuitybot.broadcast import Broadcasts
from continuitybot.chat.board import Board
from continuitybot.continuity import Continuity
from continuitybot.incidents import Incidents
from continuitybot.mailflow import Mailflow
from continuitybot.people.directory import Directory
from continuitybot.runbooks import http_calls
from continuitybot.runbooks.ports import (
    Place,
    Ports,
)
from continuitybot.store import Database


class Reporting:
    """Where the report of a run can be read."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def write(self, place: Place) -> str:
        """Reports are made from the record whenever they are asked for."""
        ref = place.incident or place.run
        return f"{self._base_url}/portal/report/{ref}.html"


def room_ports(
    *,
    database: Database,
    board: Board,
    directory: Directory,
    approvals: Approvals,
    mailflow: Mailflow,
    incidents: Incidents,
    continuity: Continuity,
    broadcasts: Broadcasts,
    http: httpx.AsyncClient,
    base_url: str,
    pilots: str,
    drill: bool,
) -> Ports:
    """Ports on the rooms themselves; those of a drill mark every text and keep to the pilots."""
    consent = Consent(database, approvals)
    return Ports(
        checks=MailChecks(database, mailflow),
        speaker=Speaker(database, board),
        paging=Paging(database, incidents, directory, drill=drill, pilots=pilots),
        continuity=ContinuityVerbs(database, continuity, directory, consent, drill=drill),
        broadcasts=Broadcasting(database, broadcasts, directory, consent, drill=drill),
        approvals=Approving(database, approvals),
        http=http_calls.HttpxCalls(http),
        reports=Reporting(base_url),
    )
