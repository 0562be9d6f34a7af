"""Watching mail flow: probe on schedule, judge what was seen, and tell what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo

from continuitybot import audit
from continuitybot.clock import Clock
from continuitybot.errors import NotAllowed, NotFound, Refused
from continuitybot.mailflow import store
from continuitybot.mailflow.canary import CanaryResult, send_canary
from continuitybot.mailflow.diagnosis import Diagnosis, diagnose
from continuitybot.mailflow.listener import Listener
from continuitybot.mailflow.model import (
    CheckView,
    Health,
    Mute,
    Observation,
    State,
    grade,
    is_judged,
    observe,
)
from continuitybot.mailflow.probes import PROBES
from continuitybot.mailflow.rules import longest_probe, maintenance_of, rule_of
from continuitybot.mailflow.tidings import found_healthy, muted, observed, turned, unmuted
from continuitybot.mailflow.vantage import Vantage
from continuitybot.mailflow.views import views
from continuitybot.people import authority
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings
from continuitybot.store import (
    Database,
    Duty,
    Effect,
    Failed,
    Outcome,
    Schedule,
    Succeeded,
    Transaction,
    every,
    from_document,
    to_document,
)

_AT_ONCE = 8
_IMAP_THREADS = 32


class Mailflow:
    """The checks of an organisation's mail, and the canaries along its routes.

    `zone` is the time zone of sentences. `start` opens the listener; `stop` closes it.
    """

    def __init__(
        self,
        database: Database,
        settings: MailflowSettings,
        checks: Sequence[CheckSettings],
        directory: Directory,
        clock: Clock,
        zone: tzinfo = UTC,
    ) -> None:
        self._database = database
        self._settings = settings
        self._checks = {check.name: check for check in checks}
        self._directory = directory
        self._clock = clock
        self._zone = zone
        self._threads = ThreadPoolExecutor(_IMAP_THREADS, thread_name_prefix="imap")
        self.listener = _listener(settings)
        self._vantage = Vantage(
            settings.vantage,
            settings.hostname,
            clock,
            self._threads,
            self.listener,
            settings.routes,
        )

    async def start(self) -> None:
        """Open the listener. Raises Permanent when its port cannot be had."""
        if self.listener is not None:
            await self.listener.start()

    async def stop(self) -> None:
        """Close the listener and let go of mailboxes."""
        if self.listener is not None:
            await self.listener.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all checks."""
        return tuple(self._checks)

    @property
    def routes(self) -> tuple[str, ...]:
        """The names of all canary routes."""
        return tuple(self._settings.routes)

    def schedules(self) -> list[Schedule]:
        """When each check is due, and the tidying up of old observations."""
        checks = [
            Schedule(f"check/{name}", every(check.every), "check", {"check": name})
            for name, check in self._checks.items()
        ]
        tidy = Schedule("mailflow/tidy", every(timedelta(hours=1)), "mailflow.tidy")
        return [*checks, tidy]

    def duties(self) -> list[Duty]:
        """How a due check is performed and what its observation leads to."""
        longest = [longest_probe(check, self._settings) for check in self._checks.values()]
        lease = 2 * max(longest, default=timedelta()) + timedelta(seconds=30)
        return [
            Duty("check", self._perform, self._record, lease=lease),
            Duty("mailflow.tidy", _nothing_outside, self._tidy),
        ]

    def check(self, name: str) -> CheckSettings:
        """The settings of a check. Raises NotFound."""
        if name not in self._checks:
            known = ", ".join(self._checks) or "none yet"
            raise NotFound(f"There is no check {name}.", remedy=f"Checks: {known}.", code="check")
        return self._checks[name]

    async def status(self, tx: Transaction) -> list[CheckView]:
        """What there is to show of every check, in the order of the settings."""
        return await views(tx, self._checks.values(), self._settings)

    async def diagnose(self, tx: Transaction, about: str = "") -> Diagnosis | None:
        """What is wrong, in one sentence; None while nothing fails. `about` names one check."""
        return diagnose(await self.status(tx), tx.now, self._zone, about)

    async def check_now(self, names: Sequence[str] = ()) -> list[Observation]:
        """Probe checks (all without names) at once; what they see counts for nothing.

        Raises: NotFound for a name that no check has.
        """
        checks = [self.check(name) for name in names or self.names]
        turnstile = asyncio.Semaphore(_AT_ONCE)

        async def look(check: CheckSettings) -> Observation:
            async with turnstile:
                return await self._look(check)

        return await asyncio.gather(*(look(check) for check in checks))

    async def canary(self, route: str) -> CanaryResult:
        """Send a canary along a route and find it. Raises NotFound for an unknown route."""
        return await send_canary(route, self._vantage)

    async def mute(
        self, check: str, until: datetime, *, by: Person, platform: str = "console", why: str = ""
    ) -> None:
        """Watch a check without judging it until a moment, in place of an earlier mute.

        Raises: NotFound, NotAllowed, Refused when the moment is past.
        """
        settings = self.check(check)
        await self._allow(by, "mute", check, platform)
        async with self._database.transaction() as tx:
            if until <= tx.now:
                raise Refused("That moment is past.", remedy="Name a later one, such as 2h.")
            mute = Mute(check, until, by.handle, why)
            await store.set_mute(tx, mute)
            change = muted(settings, mute, by.name)
            await tx.announce(change)
            await audit.record(
                tx, who=by.handle, verb="mute", ref=check, text=change.text, platform=platform
            )

    async def unmute(self, check: str, *, by: Person, platform: str = "console") -> None:
        """Judge a check again. Raises: NotFound, NotAllowed, Refused when it was not muted."""
        settings = self.check(check)
        await self._allow(by, "unmute", check, platform)
        async with self._database.transaction() as tx:
            if check not in await store.mutes_now(tx):
                raise Refused(f"{check} is not muted.")
            await store.clear_mute(tx, check)
            change = unmuted(settings, by.handle, by.name)
            await tx.announce(change)
            await audit.record(
                tx, who=by.handle, verb="unmute", ref=check, text=change.text, platform=platform
            )

    async def _allow(self, by: Person, verb: str, check: str, platform: str) -> None:
        try:
            authority.require(by, "respond", await self._directory.everyone())
        except NotAllowed as refusal:
            await audit.record_denial(
                self._database,
                who=by.handle,
                verb=verb,
                ref=check,
                text=refusal.text,
                platform=platform,
            )
            raise

    async def _look(self, check: CheckSettings) -> Observation:
        return grade(await PROBES[check.kind](check, self._vantage), rule_of(check))

    async def _perform(self, effect: Effect) -> Outcome:
        check = self._checks.get(effect.payload["check"])
        if check is None:
            return Failed("The check is not in the settings any more.", "gone")
        delay = self._clock.now() - datetime.fromisoformat(effect.payload["due"])
        if delay > check.every:  # a burst of old probes would say nothing about then
            return Failed(f"The probe was {delay.total_seconds():.0f} s late.", "skipped")
        return Succeeded(to_document(await self._look(check)))

    async def _record(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        check = self._checks.get(effect.payload["check"])
        if check is not None:
            await self._take_in(tx, check, _observation(check, effect, outcome))

    async def _take_in(self, tx: Transaction, check: CheckSettings, seen: Observation) -> None:
        await store.add_observation(tx, seen)
        await tx.announce(observed(check, seen))
        mute = (await store.mutes_now(tx)).get(check.name)
        if not is_judged(tx.now, mute, maintenance_of(check)):
            return
        before = await store.lock_state(tx, check.name)
        after, transition = observe(before, seen, rule_of(check))
        await store.save_state(tx, check.name, after)
        if transition is not None and not check.control:
            diagnosis = await self.diagnose(tx, about=check.name)
            await tx.announce(turned(check, before, after, transition, diagnosis))
        elif (before.health, after.health) == (Health.UNKNOWN, Health.HEALTHY):
            await tx.announce(found_healthy(check))

    async def _tidy(self, tx: Transaction, _effect: Effect, _outcome: Outcome) -> None:
        await store.forget_observations(tx, tx.now - self._settings.keep_observations)


def _listener(settings: MailflowSettings) -> Listener | None:
    if settings.listener is None:
        return None
    return Listener(settings.listener, settings.hostname)


async def _nothing_outside(_effect: Effect) -> Outcome:
    return Succeeded()


def _observation(check: CheckSettings, effect: Effect, outcome: Outcome) -> Observation:
    if isinstance(outcome, Succeeded):
        return from_document(Observation, outcome.data)
    due = datetime.fromisoformat(effect.payload["due"])
    code = outcome.code if isinstance(outcome, Failed) else "unknown"
    return Observation(due, check.name, State.UNKNOWN, code=code, detail=outcome.reason)
