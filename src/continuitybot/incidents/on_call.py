"""Paging whoever is on call: the ladder of the settings, climbed for the people there now are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from continuitybot.errors import NotFound
from continuitybot.incidents import ladder, store, wording
from continuitybot.incidents.ladder import Ladder, Reason, Step, Target
from continuitybot.incidents.model import Incident
from continuitybot.incidents.pagers.pager import Page, Pager
from continuitybot.incidents.store import PageRecord
from continuitybot.incidents.telling import tell
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person, Role
from continuitybot.people.roster import Roster
from continuitybot.settings.people import OncallSettings
from continuitybot.store import (
    Change,
    Database,
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    Unknown,
)

PortalLink = Callable[[Person, str], str]

# How a delivery's state reads for a page. A state not named here (queued, sending, retrying)
# means that it has not arrived yet.
_DELIVERED_AS = {
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
    "cancelled": "failed",
    "unknown": "unknown",
}


class OnCall:
    """Pages people by the ladder, and hears what became of the pages."""

    def __init__(
        self,
        database: Database,
        settings: OncallSettings,
        directory: Directory,
        pagers: Mapping[str, Pager],
        portal_link: PortalLink,
        zone: tzinfo,
    ) -> None:
        self._zone = zone
        self._settings = settings
        self._directory = directory
        self._pagers = pagers
        self._portal_link = portal_link
        database.subscribe("delivery.changed", self._delivery_changed)

    async def look(self, tx: Transaction, incident: Incident) -> None:
        """Page whom the ladder names at this moment, and look again when the next is due.

        Stores the incident: it must be as it stands in the database, and is stale afterwards.
        """
        if not incident.needs_acknowledgement:
            return
        roster = await self._directory.roster(tx)
        latest = await store.pages(tx, incident.ref, incident.paging.step)
        outcomes = [page.state for page in latest]
        step = ladder.next_step(self._ladder(roster), incident.paging, outcomes, tx.now)
        incident = await self._look_later(tx, incident, step)
        if step.reason is not None and not await self._page_all(tx, incident, step, roster):
            await self.look(tx, incident)

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
        """Page people outside the ladder; those who have one of the channels are returned.

        The same key twice is once.
        """
        reached = []
        for person in people:
            targets = self._reachable(person, channels)
            reached += [person] if targets else []
            for target in targets:
                page = Page(_page_key(key, target), ref, text)
                record = PageRecord(page.key, ref, 0, target.person, target.channel, tx.now)
                if await store.add_page(tx, record):
                    await self._send(tx, page, person, target.channel)
        return reached

    def ways_to(self, person: Person, channels: Sequence[str]) -> list[str]:
        """The channels of these by which a page reaches the person."""
        return [target.channel for target in self._reachable(person, channels)]

    def duties(self) -> list[Duty]:
        """The ladder's timer, and the pages of every channel that performs its own."""
        timer = Duty("incident.ladder", _nothing_outside, self._timer_due)
        return [timer, *(d for pager in self._pagers.values() for d in pager.duties(self._ended))]

    async def _timer_due(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        await self.look(tx, await store.take(tx, effect.ref))

    async def _look_later(self, tx: Transaction, incident: Incident, step: Step) -> Incident:
        looks = incident.paging.looks
        await tx.cancel_effects(key=f"{incident.ref}/ladder/{looks}")
        incident = replace(incident, paging=replace(step.paging, looks=looks + 1))
        await store.save(tx, incident)
        key = f"{incident.ref}/ladder/{looks + 1}"
        await tx.enqueue(Effect(key, "incident.ladder", {}, step.look_at, incident.ref))
        return incident

    async def _page_all(
        self, tx: Transaction, incident: Incident, step: Step, roster: Roster
    ) -> bool:
        """Send the pages of a step; False when not one could leave, and a rung remains."""
        await self._tell_paged(tx, incident, step, roster)
        keys = {}
        for target in step.targets:
            keys[target] = _page_key(f"{incident.ref}/page", target, step.paging.step)
            who, how = target.person, target.channel
            record = PageRecord(keys[target], incident.ref, step.paging.step, who, how, tx.now)
            await store.add_page(tx, record)
        left = False
        for target, key in keys.items():
            person = roster.person(target.person)
            text = wording.page_text(incident, self._zone_of(person))
            page = Page(key, incident.ref, text, self._portal_link(person, incident.ref))
            left |= await self._send(tx, page, person, target.channel)
        return left or step.paging.rung >= len(self._settings.ladder)

    def _zone_of(self, person: Person) -> tzinfo:
        try:
            return ZoneInfo(person.time_zone) if person.time_zone else self._zone
        except (ZoneInfoNotFoundError, ValueError):
            return self._zone  # a page in another zone is better than none

    async def _send(self, tx: Transaction, page: Page, person: Person, channel: str) -> bool:
        if await self._pagers[channel].send(tx, page, person):
            return True
        record = await store.page(tx, page.key)
        if record is not None:
            await store.note_page(tx, record, "failed", "It could not be sent.")
        return False

    async def _tell_paged(
        self, tx: Transaction, incident: Incident, step: Step, roster: Roster
    ) -> None:
        handles = list(dict.fromkeys(target.person for target in step.targets))
        channels = list(dict.fromkeys(target.channel for target in step.targets))
        names = [roster.person(handle).name for handle in handles]
        what = "alert.escalated" if step.is_escalation else "alert.paged"
        reason = step.reason or Reason.BEGUN
        text = wording.paged(names, channels, reason)
        told = {"people": handles, "channels": channels, "reason": reason.value}
        await tell(tx, incident, what, text, rung=step.paging.rung, **told)

    async def _ended(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        match outcome:
            case Succeeded():
                await self._note(tx, effect.key, "sent", "")
            case Failed(reason=reason):
                await self._note(tx, effect.key, "failed", reason)
            case Unknown(reason=reason):
                await self._note(tx, effect.key, "unknown", reason)

    async def _delivery_changed(self, tx: Transaction, change: Change) -> None:
        state = _DELIVERED_AS.get(str(change.data.get("state")), "")
        if state:
            reason = str(change.data.get("reason") or "")
            await self._note(tx, str(change.data.get("key") or ""), state, reason)

    async def _note(self, tx: Transaction, key: str, state: str, note: str) -> None:
        record = await store.page(tx, key)
        if record is None:
            return
        await store.note_page(tx, record, state, note)
        if state != "failed" or record.step == 0:
            return
        incident = await store.take(tx, record.incident)
        name = (await self._directory.roster(tx)).person(record.person).name
        text = wording.page_failed(name, record.channel, note)
        await tell(tx, incident, "alert.page_failed", text)
        if record.step == incident.paging.step:
            await self.look(tx, incident)

    def _ladder(self, roster: Roster) -> Ladder:
        rungs = tuple(
            ladder.Rung(self._targets(roster, rung.people, rung.channels), rung.wait)
            for rung in self._settings.ladder
        )
        admins = roster.with_role(Role.ADMIN)
        everywhere = [t for one in admins for t in self._reachable(one, tuple(self._pagers))]
        return Ladder(rungs, tuple(everywhere), self._settings.repeat)

    def _targets(
        self, roster: Roster, queries: Sequence[str], channels: Sequence[str]
    ) -> tuple[Target, ...]:
        found: dict[Target, None] = {}
        for query in queries:
            try:
                people = roster.audience(query).people
            except NotFound:
                continue  # a name that has left must not keep the others from being paged
            found |= dict.fromkeys(t for one in people for t in self._reachable(one, channels))
        return tuple(found)

    def _reachable(self, person: Person, channels: Sequence[str]) -> list[Target]:
        return [
            Target(person.handle, channel)
            for channel in channels
            if channel in self._pagers and self._pagers[channel].reaches(person)
        ]


async def _nothing_outside(_effect: Effect) -> Outcome:
    return Succeeded()


def _page_key(prefix: str, target: Target, step: int | None = None) -> str:
    key = f"{prefix}/{target.person}/{target.channel}"
    return key if step is None else f"{key}/{step}"
