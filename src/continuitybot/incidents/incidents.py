"""The door to this room: what people do about incidents, and what others ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo

from continuitybot import audit
from continuitybot.errors import NotAllowed
from continuitybot.incidents import store
from continuitybot.incidents.acknowledge import acknowledge
from continuitybot.incidents.alerts import Alerts
from continuitybot.incidents.closing import Closing
from continuitybot.incidents.declare import declare
from continuitybot.incidents.model import Incident, Link, Severity, TimelineEntry
from continuitybot.incidents.note import write_note
from continuitybot.incidents.on_call import OnCall, PortalLink
from continuitybot.incidents.pagers.pager import Pager
from continuitybot.incidents.report.build import Report, build
from continuitybot.incidents.report.gather import gather
from continuitybot.incidents.store import PageRecord
from continuitybot.incidents.suspend import suspend_pages
from continuitybot.incidents.timeline import Timeline
from continuitybot.people.authority import require
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.incidents import IncidentSettings
from continuitybot.settings.people import OncallSettings
from continuitybot.store import Database, Duty, Transaction


def _no_link(_person: Person, _ref: str) -> str:
    return ""


class Incidents:
    """Alerts, incidents and pages. Listens to the other rooms from the moment it is built.

    `pagers` has one for each channel that is set up (chat, sms, email); `portal_link` makes the
    address of an incident's page for one person; `zone` is that of people who have none.
    """

    def __init__(
        self,
        database: Database,
        settings: IncidentSettings,
        oncall: OncallSettings,
        directory: Directory,
        pagers: Mapping[str, Pager],
        portal_link: PortalLink = _no_link,
        zone: tzinfo = UTC,
    ) -> None:
        self._database = database
        self._settings = settings
        self._directory = directory
        Timeline(database, settings.objectives)
        self._closing = Closing(settings.close_after)
        self._on_call = OnCall(database, oncall, directory, pagers, portal_link, zone)
        Alerts(database, settings.objectives, self._on_call, self._closing)

    def duties(self) -> list[Duty]:
        """What the workers perform for this room."""
        return [*self._on_call.duties(), *self._closing.duties()]

    async def ack(self, ref: str | None, by: Person, platform: str = "console") -> Incident:
        """Take an incident on; without a reference the newest that people are paged about."""
        await self._authorise(by, "ack", ref or "", platform)
        async with self._database.transaction() as tx:
            return await acknowledge(tx, ref, by, platform, self._settings.objectives)

    async def note(self, ref: str, by: Person, text: str, platform: str = "console") -> Incident:
        """Put a note on the timeline."""
        await self._authorise(by, "note", ref, platform)
        async with self._database.transaction() as tx:
            return await write_note(tx, ref, by, text, platform, public=False)

    async def update(self, ref: str, by: Person, text: str, platform: str = "console") -> Incident:
        """Put a note on the timeline that is meant for everybody who follows the incident."""
        await self._authorise(by, "update", ref, platform)
        async with self._database.transaction() as tx:
            return await write_note(tx, ref, by, text, platform, public=True)

    async def suspend(
        self, ref: str, by: Person, for_: timedelta, platform: str = "console"
    ) -> Incident:
        """Page nobody about an incident for a time."""
        await self._authorise(by, "suspend", ref, platform)
        async with self._database.transaction() as tx:
            return await suspend_pages(tx, ref, by, for_, platform, self._on_call)

    async def close(
        self, ref: str, by: Person, platform: str = "console", *, anyway: bool = False
    ) -> Incident:
        """Close an incident; `anyway` even while a check fails or something is under way."""
        await self._authorise(by, "close", ref, platform)
        async with self._database.transaction() as tx:
            return await self._closing.close(tx, ref, by, platform, anyway)

    async def open_by_hand(
        self,
        by: Person,
        title: str,
        severity: Severity = Severity.SEV2,
        *,
        drill: bool = False,
        platform: str = "console",
    ) -> Incident:
        """Declare an incident that no check has seen, and page whoever is on call."""
        await self._authorise(by, "declare", "", platform)
        async with self._database.transaction() as tx:
            return await declare(tx, by, title, severity, drill, platform, self._on_call)

    async def page(
        self,
        tx: Transaction,
        *,
        key: str,
        people: Iterable[Person],
        channels: Sequence[str],
        text: str,
        ref: str,
    ) -> list[Person]:
        """Page people at once, outside the ladder; returns those who have one of the channels.

        The same key twice is once.
        """
        return await self._on_call.page(
            tx, key=key, people=people, channels=channels, text=text, ref=ref
        )

    def ways_to(self, person: Person, channels: Sequence[str]) -> list[str]:
        """The channels of these by which a page reaches the person."""
        return self._on_call.ways_to(person, channels)

    async def incident(self, tx: Transaction, ref: str) -> Incident:
        """One incident. Raises NotFound."""
        return await store.find(tx, ref)

    async def open_incidents(self, tx: Transaction) -> list[Incident]:
        """Every incident that is not closed, newest first."""
        return await store.all_open(tx)

    async def timeline(self, tx: Transaction, ref: str) -> list[TimelineEntry]:
        """What happened, oldest first."""
        return await store.timeline(tx, ref)

    async def links(self, tx: Transaction, ref: str) -> list[Link]:
        """The events, broadcasts and runs that belong to an incident."""
        return await store.links(tx, ref)

    async def pages(self, tx: Transaction, ref: str) -> list[PageRecord]:
        """Every page about an incident, oldest first, and what became of it."""
        return await store.pages(tx, ref)

    async def report(self, ref: str) -> Report:
        """The report of an incident as it stands; report.render writes it. Raises NotFound."""
        async with self._database.reading() as tx:
            roster = await self._directory.roster(tx)
            return build(await gather(tx, ref, roster, self._settings.objectives))

    async def _authorise(self, by: Person, verb: str, ref: str, platform: str) -> None:
        try:
            require(by, "respond", await self._directory.everyone())
        except NotAllowed as error:
            await audit.record_denial(
                self._database,
                who=by.handle,
                verb=verb,
                ref=ref,
                text=error.text,
                platform=platform,
            )
            raise
