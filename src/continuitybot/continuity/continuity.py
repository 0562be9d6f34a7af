"""Continuity: the verbs that people and runbooks use, and what happens by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from continuitybot.approvals import Approvals
from continuitybot.continuity import returning, store, switching
from continuitybot.continuity.carry_out import Clerk
from continuitybot.continuity.invoke import Invoke, Preview, Request
from continuitybot.continuity.model import Decision, Event, OutOfTurn, Rules
from continuitybot.continuity.permission import Permission
from continuitybot.continuity.proof import Proof
from continuitybot.continuity.provider import Prover, Provider
from continuitybot.continuity.return_duties import ReturnDuties
from continuitybot.continuity.switch_duties import SwitchDuties
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.continuity import ContinuitySettings
from continuitybot.store import Change, Database, Duty, Transaction

log = structlog.get_logger(__name__)


class Continuity:
    """Switches mail to a standby and back: planned, approved, applied, proved, in that order.

    `domains` are the organisation's, for providers that name none of their own. Verbs raise
    NotAllowed, NotFound and Refused; what they start goes on by itself, in effects.
    """

    def __init__(
        self,
        database: Database,
        settings: ContinuitySettings,
        *,
        providers: Mapping[str, Provider],
        approvals: Approvals,
        directory: Directory,
        prover: Prover,
        domains: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._directory = directory
        self._rules = rules_of(settings)
        self._permission = Permission(database, directory)
        self._clerk = Clerk(database, approvals, settings.approval_expires)
        self._invoke = Invoke(self._clerk, settings, providers, domains)
        proof = Proof(prover, settings.prove)
        self._switching = SwitchDuties(
            self._clerk, providers, proof, self._rules, settings.apply_timeout
        )
        self._returning = ReturnDuties(self._clerk, providers, proof, self._rules)
        database.subscribe("approval.", self._approval_changed)

    def duties(self) -> list[Duty]:
        """What the workers do for continuity."""
        return [*self._switching.duties(), *self._returning.duties()]

    async def event(self, tx: Transaction, ref: str) -> Event:
        """The event of a reference. Raises NotFound."""
        return await store.event(tx, ref)

    async def events(self, tx: Transaction, *, open_only: bool = True) -> list[Event]:
        """Events, the latest first."""
        return await store.all_events(tx, open_only=open_only)

    async def preview(
        self,
        provider: str | None = None,
        domains: Sequence[str] = (),
        for_: timedelta | None = None,
        *,
        drill: bool = False,
    ) -> Preview:
        """What an invoke would plan now; nothing is stored, asked for or switched."""
        return await self._invoke.preview(provider, domains, for_, drill=drill)

    async def invoke(
        self,
        *,
        by: Person,
        provider: str | None = None,
        domains: Sequence[str] = (),
        for_: timedelta | None = None,
        at: datetime | None = None,
        reason: str = "",
        incident: str = "",
        run: str = "",
        drill: bool = False,
        platform: str = "console",
    ) -> Event:
        """Plan a switch and ask for its approval; nothing is switched before that is given."""
        act = "drill" if drill else "invoke"
        await self._permission.require(by, act, verb="invoke", ref=incident, platform=platform)
        request = Request(by, provider, domains, for_, at, reason, incident, run, drill, platform)
        return await self._invoke(request)

    async def extend(
        self, ref: str, by: Person, delta: timedelta, platform: str = "console", key: str = ""
    ) -> Event:
        """Add to what is left of an active event; with a `key`, asking again is once."""

        def decision(event: Event) -> Decision:
            now = self._database.clock.now()
            return returning.on_extended(event, by.name, delta, now, self._rules, key)

        return await self._act("extend", ref, by, platform, decision)

    async def fail_back(self, ref: str, by: Person, platform: str = "console") -> Event:
        """Ask for an approval to route mail back to the primary."""
        return await self._act(
            "fail_back",
            ref,
            by,
            platform,
            lambda event: returning.on_fail_back_requested(event, by.handle, by.name),
        )

    async def confirm_manual(self, ref: str, by: Person, platform: str = "console") -> Event:
        """Say that the instructions of a manual provider are carried out; canaries check it."""
        return await self._act("confirm_manual", ref, by, platform, switching.on_done_by_hand)

    async def cancel(self, ref: str, by: Person, why: str = "", platform: str = "console") -> Event:
        """Withdraw an event that has not been applied yet."""
        return await self._act(
            "cancel",
            ref,
            by,
            platform,
            lambda event: switching.on_cancelled(event, by.name, why),
        )

    async def _act(
        self,
        verb: str,
        ref: str,
        by: Person,
        platform: str,
        decision_on: Callable[[Event], Decision],
    ) -> Event:
        await self._permission.require(by, "invoke", verb=verb, ref=ref, platform=platform)
        async with self._database.transaction() as tx:
            return await self._clerk.follow(tx, ref, decision_on, by=by.handle, platform=platform)

    async def _approval_changed(self, tx: Transaction, change: Change) -> None:
        kind = change.data["kind"]
        if kind not in {"invoke", "fail_back"} or change.what == "approval.requested":
            return
        by = change.data["by"] or returning.BOT
        name = (await self._directory.roster(tx)).name(by)
        decision_on = self._consequence(change, by, name, tx.now)
        if decision_on is None:
            return
        try:
            await self._clerk.follow(tx, change.ref, decision_on, by=by)
        except OutOfTurn as late:
            log.info("continuity.too_late", approval=change.data["approval"], reason=late.text)

    def _consequence(
        self, change: Change, by: str, name: str, now: datetime
    ) -> Callable[[Event], Decision] | None:
        invoke = change.data["kind"] == "invoke"
        match change.what.removeprefix("approval."):
            case "granted" if invoke:
                return lambda event: switching.on_approved(event, by, name, now)
            case "granted":
                return lambda event: returning.on_fail_back_approved(event, by, name, self._rules)
            case "rejected" | "expired" | "voided" as how if invoke:
                return lambda event: switching.on_not_approved(event, how)
            case "rejected" | "expired" | "voided":
                return returning.on_fail_back_not_approved
        return None


def rules_of(settings: ContinuitySettings) -> Rules:
    """The numbers that decisions depend on."""
    return Rules(
        attempts=settings.prove.attempts,
        prove_every=settings.prove.every,
        clean_round_trips=settings.fail_back.clean_round_trips,
        watch_every=settings.fail_back.every,
        auto_propose=settings.fail_back.auto_propose,
        ask_again=settings.fail_back.ask_again,
        drain_poll=settings.fail_back.drain_poll,
        remind_before=settings.remind_before,
        max_duration=settings.max_duration,
    )
