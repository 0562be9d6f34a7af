"""What live runbooks act on: the rooms themselves, each behind the port that runbooks ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import httpx

from continuitybot.approvals import Approvals
from continuitybot.approvals.model import Approval, plan_digest
from continuitybot.broadcast import Broadcast, Broadcasts
from continuitybot.chat.board import Board
from continuitybot.continuity import Continuity
from continuitybot.continuity.model import Event
from continuitybot.errors import NotFound
from continuitybot.incidents import Incidents
from continuitybot.mailflow import Mailflow
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.people.roster import Roster
from continuitybot.runbooks import http_calls
from continuitybot.runbooks.ports import (
    ApprovalRequest,
    CanaryFindings,
    Findings,
    Health,
    InvokeRequest,
    Place,
    Ports,
    Question,
    Standing,
)
from continuitybot.store import Database, Transaction


class MailChecks:
    """The checks of mailflow, observed now or as they are known."""

    def __init__(self, database: Database, mailflow: Mailflow) -> None:
        self._database = database
        self._mailflow = mailflow

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        """Observe now: the named checks, or those of a direction."""
        async with self._database.reading() as tx:
            views = await self._mailflow.status(tx)
        wanted = list(names) or [
            view.name
            for view in views
            if not view.control and direction in {"", "both", view.direction}
        ]
        seen = await self._mailflow.check_now(wanted)
        failing = tuple(one.check for one in seen if one.state in {"failed", "late"})
        async with self._database.reading() as tx:
            diagnosis = await self._mailflow.diagnose(tx)
        detail = " ".join(f"{one.check}: {one.detail or one.state}" for one in seen)
        sentence = diagnosis.sentence if diagnosis else ""
        return Findings(not failing and bool(seen), failing, detail, sentence)

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        """One mail along a route; a new nonce each time, so that doing it again does no harm."""
        result = await self._mailflow.canary(route)
        hops = tuple(f"{hop.server} {hop.seconds:.2f} s" for hop in result.hops)
        return CanaryFindings(result.ok, result.latency or 0.0, result.detail, hops)

    async def health(self, check: str, direction: str) -> Health:
        """What the detector holds: a direction is healthy when all of its checks are."""
        async with self._database.reading() as tx:
            views = await self._mailflow.status(tx)
        chosen = [
            view
            for view in views
            if (view.name == check if check else not view.control)
            and (direction in {"", "both"} or view.direction in {direction, "both"})
        ]
        healths = {str(view.health) for view in chosen}
        if healths == {"healthy"}:
            return Health("healthy", max((v.since for v in chosen if v.since), default=None))
        return Health("failing" if "failing" in healths else "unknown")


class Speaker:
    """Says things below the card of the incident, or of the run where there is none."""

    def __init__(self, database: Database, board: Board) -> None:
        self._database = database
        self._board = board

    async def say(self, place: Place, text: str, to: str = "") -> None:
        """One milestone; once, however often it is asked for with the same key."""
        async with self._database.transaction() as tx:
            await self._board.say(tx, place.incident or place.run, text, key=place.key)

    async def ask(self, place: Place, question: Question) -> None:
        """The run's card carries the buttons; the question is also said where people look."""
        async with self._database.transaction() as tx:
            await self._board.show(tx, place.run)
            if place.incident:
                text = f"{place.run} asks: {question.text}"
                await self._board.say(tx, place.incident, text, key=place.key)


class Paging:
    """Wakes an audience by every channel there is; in a drill, the pilots in it, and says so."""

    def __init__(
        self,
        database: Database,
        incidents: Incidents,
        directory: Directory,
        *,
        drill: bool,
        pilots: str,
    ) -> None:
        self._database = database
        self._incidents = incidents
        self._directory = directory
        self._drill = drill
        self._pilots = pilots

    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        """Page once for each key; whoever has none of the channels is left out."""
        async with self._database.transaction() as tx:
            paged = await self._incidents.page(
                tx,
                key=place.key,
                people=self._people(await self._directory.roster(tx), who),
                channels=("chat", "sms", "email"),
                text=f"[DRILL] {text}" if self._drill else text,
                ref=place.incident or place.run,
            )
        return [person.handle for person in paged]

    def _people(self, roster: Roster, who: str) -> Sequence[Person]:
        wanted = roster.audience(who).people
        if not self._drill:
            return wanted
        pilots = roster.audience(self._pilots).handles if self._pilots else ()
        return [person for person in wanted if person.handle in pilots]


class _Consent:
    """The latest approval request about an object, in the words of a Standing."""

    def __init__(self, database: Database, approvals: Approvals) -> None:
        self._database = database
        self._approvals = approvals

    async def of(self, tx: Transaction, subject: str) -> tuple[str, str]:
        """Its state and who decided last; "" twice when nobody was ever asked."""
        approval = await self._approvals.latest(tx, subject)
        if approval is None:
            return "", ""
        return approval.state.value, approval.decisions[-1].by if approval.decisions else ""


class ContinuityVerbs:
    """The switch, asked for in the name of a person."""

    def __init__(
        self,
        database: Database,
        continuity: Continuity,
        directory: Directory,
        consent: _Consent,
        *,
        drill: bool,
    ) -> None:
        self._database = database
        self._continuity = continuity
        self._directory = directory
        self._consent = consent
        self._drill = drill

    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        """The event of this key, the open one of this incident, or a new one."""
        if (found := await self._known(place)) is not None:
            return await self._standing(found)
        event = await self._continuity.invoke(
            by=await self._directory.person(request.by),
            provider=request.provider or None,
            domains=request.domains,
            for_=request.duration,
            reason=request.reason,
            incident=place.incident,
            run=place.key,
            drill=self._drill,
            platform="runbook",
        )
        return await self._standing(event)

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        """Add to what is left."""
        person = await self._directory.person(by)
        return await self._standing(await self._continuity.extend(ref, person, more, "runbook"))

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        """Ask for the way back, unless it was asked for already."""
        async with self._database.reading() as tx:
            event = await self._continuity.event(tx, ref)
        if not event.fail_back and event.state == "active":
            person = await self._directory.person(by)
            event = await self._continuity.fail_back(ref, person, "runbook")
        return await self._standing(event)

    async def standing(self, ref: str) -> Standing:
        """What an event is by now."""
        async with self._database.reading() as tx:
            event = await self._continuity.event(tx, ref)
        return await self._standing(event)

    async def _known(self, place: Place) -> Event | None:
        async with self._database.reading() as tx:
            events = await self._continuity.events(tx, open_only=False)
            still_open = {one.ref for one in await self._continuity.events(tx)}
        own = (event for event in events if event.run == place.key)
        same = (
            event
            for event in events
            if place.incident and event.incident == place.incident and event.ref in still_open
        )
        return next(own, None) or next(same, None)

    async def _standing(self, event: Event) -> Standing:
        async with self._database.reading() as tx:
            consent, by = await self._consent.of(tx, event.ref)
        backlog = None if event.backlog is None else str(event.backlog)
        data = {"domains": list(event.domains), "backlog": backlog}
        return Standing(event.ref, event.state.value, consent, by, event.why, data)


class Broadcasting:
    """Texts to many, asked for in the name of a person."""

    def __init__(
        self,
        database: Database,
        broadcasts: Broadcasts,
        directory: Directory,
        consent: _Consent,
        *,
        drill: bool,
    ) -> None:
        self._database = database
        self._broadcasts = broadcasts
        self._directory = directory
        self._consent = consent
        self._drill = drill

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        """The broadcast of this key, or a new one."""
        broadcast = await self._broadcasts.request(
            by=await self._directory.person(by),
            audience=audience,
            text=text,
            incident=place.incident,
            run=place.run,
            key=place.key,
            drill=self._drill,
            platform="runbook",
        )
        return await self._standing(broadcast)

    async def standing(self, ref: str) -> Standing:
        """What a broadcast is by now, with its counts and replies."""
        async with self._database.reading() as tx:
            broadcast = await self._broadcasts.broadcast(tx, ref)
        return await self._standing(broadcast)

    async def _standing(self, broadcast: Broadcast) -> Standing:
        async with self._database.reading() as tx:
            counts = await self._broadcasts.counts(tx, broadcast.ref)
            consent, by = await self._consent.of(tx, broadcast.ref)
        states = {state.value: count for state, count in counts.states.items()}
        data = {"counts": states, "replies": dict(counts.replies)}
        state = broadcast.state.value
        return Standing(broadcast.ref, state, consent, by, counts.sentence(broadcast.ref), data)


class Approving:
    """Consent to a step, about the run as its subject."""

    def __init__(self, database: Database, approvals: Approvals) -> None:
        self._database = database
        self._approvals = approvals

    async def request(self, place: Place, request: ApprovalRequest) -> Standing:
        """Ask; the key is part of the plan, so each request is consented to by itself."""
        digest = plan_digest({"key": place.key, "title": request.title})
        async with self._database.transaction() as tx:
            known = await self._approvals.latest(tx, place.run)
            if known is not None and known.plan_hash == digest:
                return _approval_standing(known)
            approval = await self._approvals.request(
                tx,
                subject=place.run,
                kind="step",
                title=request.title,
                plan_hash=digest,
                requester=request.by,
                act=request.act,
                quorum=request.quorum,
                expires_in=request.expires,
            )
        return _approval_standing(approval)

    async def standing(self, ref: str, approval: str) -> Standing:
        """What became of one request."""
        async with self._database.reading() as tx:
            found = await self._approvals.latest(tx, ref)
        if found is None:
            raise NotFound(f"Nobody was asked to approve {ref}.")
        if found.id != approval:
            return Standing(ref, "voided", "voided", data={"approval": approval})
        return _approval_standing(found)


def _approval_standing(approval: Approval) -> Standing:
    by = approval.decisions[-1].by if approval.decisions else ""
    why = approval.decisions[-1].why if approval.decisions else ""
    state = approval.state.value
    return Standing(approval.subject, state, state, by, why, {"approval": approval.id})


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
    consent = _Consent(database, approvals)
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
