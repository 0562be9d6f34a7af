"""Bots that are broken on purpose, each in what it does after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import update

from continuitybot.app import Bot
from continuitybot.broadcast.store import deliveries
from continuitybot.store import Again, Duty, Effect, Outcome, Succeeded


def repeats_texts(bot: Bot) -> None:
    """What was being handed over is handed over again; nobody asks the carrier."""

    def forgetful(duty: Duty) -> Duty:
        async def perform(effect: Effect) -> Outcome | Again:
            async with bot.database.transaction() as tx:
                begun = deliveries.c.state == "sending"
                await tx.execute(update(deliveries).where(begun).values(state="queued"))
            return await duty.perform(effect)

        return replace(duty, perform=perform)

    _replace_duties(bot, {"sms.chunk"}, forgetful)


def repeats_switches(bot: Bot) -> None:
    """A switch that was under way is made again; nobody reads the routes, before or after."""

    def blind(duty: Duty) -> Duty:
        async def whatever_is_there(_plan: object, changes: object) -> object:
            return changes

        for provider in duty.perform.__self__._providers.values():
            provider._to_do = whatever_is_there
        return replace(duty, after_crash="redo")

    _replace_duties(bot, {"continuity.apply"}, blind)


def repeats_calls(bot: Bot) -> None:
    """A POST is made again; nobody is asked."""
    _replace_duties(bot, {"run.http"}, lambda duty: replace(duty, after_crash="redo"))


def repeats_posts(bot: Bot) -> None:
    """Cards and milestones are posted again; nobody looks for them."""

    def forgetful(duty: Duty) -> Duty:
        async def perform(effect: Effect) -> Outcome | Again:
            return await duty.perform(replace(effect, attempts=1))

        return replace(duty, perform=perform)

    _replace_duties(bot, {"card.refresh", "chat.say"}, forgetful)


def loses_milestones(bot: Bot) -> None:
    """What was under way is taken as done."""

    async def as_if_done(_effect: Effect) -> Outcome:
        return Succeeded()

    def lost(duty: Duty) -> Duty:
        return replace(duty, after_crash="reconcile", reconcile=as_if_done)

    _replace_duties(bot, {"chat.say"}, lost)


def _replace_duties(bot: Bot, kinds: Iterable[str], changed: Callable[[Duty], Duty]) -> None:
    duties = bot.workers._duties
    for kind in kinds:
        duties[kind] = changed(duties[kind])
