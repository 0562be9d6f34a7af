"""Carrying out a decision: the event, its effects, what is said of it, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from continuitybot import audit
from continuitybot.approvals import Approvals
from continuitybot.approvals.model import plan_digest
from continuitybot.continuity import store
from continuitybot.continuity.model import Ask, Decision, Do, Entry, Event, Say, Withdraw
from continuitybot.continuity.returning import BOT
from continuitybot.store import Change, Database, Effect, Transaction, to_document


class Clerk:
    """Writes decisions down."""

    def __init__(
        self, database: Database, approvals: Approvals, approval_expires: timedelta
    ) -> None:
        self.database = database
        self._approvals = approvals
        self._approval_expires = approval_expires

    async def event(self, ref: str) -> Event:
        """The event as it stands now."""
        async with self.database.reading() as look:
            return await store.event(look, ref)

    async def open(self, tx: Transaction, event: Event, text: str, *, platform: str) -> Event:
        """Store a new event that asks for its approval."""
        said = Say("planned", text)
        opened = _with_history(event, [said], tx)
        await store.add(tx, opened)
        await self._announce(tx, opened, said, by=event.requester)
        await self._request(tx, opened, "invoke", opened.requester, opened.plan_hash)
        await self._audit(tx, opened, said, by=event.requester, platform=platform)
        return opened

    async def follow(
        self,
        tx: Transaction,
        ref: str,
        decision_on: Callable[[Event], Decision],
        *,
        by: str = BOT,
        platform: str = "",
    ) -> Event:
        """Decide on the event as it stands, and carry the decision out. Raises OutOfTurn."""
        event = await store.event(tx, ref, to_change=True)
        decision = decision_on(event)
        if decision == Decision(event):
            return event
        return await self._carry_out(tx, decision, by=by, platform=platform)

    async def _carry_out(
        self, tx: Transaction, decision: Decision, *, by: str = BOT, platform: str = ""
    ) -> Event:
        """Store what an event has become and everything that follows from it."""
        said = [c for c in decision.consequences if isinstance(c, Say)]
        event = await store.change(tx, _with_history(decision.event, said, tx))
        for consequence in decision.consequences:
            match consequence:
                case Do():
                    await tx.enqueue(_effect(event, consequence, tx))
                case Say():
                    await self._announce(tx, event, consequence, by=by)
                case Ask(requester):
                    await self._request(tx, event, "fail_back", requester, fail_back_hash(event))
                case Withdraw(why):
                    await self._approvals.void(tx, event.ref, why)
        for sentence in said:
            await self._audit(tx, event, sentence, by=by, platform=platform)
        return event

    async def _announce(self, tx: Transaction, event: Event, said: Say, *, by: str) -> None:
        data = {**facts(event), "by": by}
        await tx.announce(Change(event.ref, f"event.{said.what}", _text(event, said), data))

    async def _audit(
        self, tx: Transaction, event: Event, said: Say, *, by: str, platform: str
    ) -> None:
        await audit.record(
            tx,
            who=by,
            verb=f"event.{said.what}",
            ref=event.ref,
            text=_text(event, said),
            platform=platform,
            outcome="failed" if said.what in {"failed", "fail_back_failed"} else "done",
        )

    async def _request(
        self, tx: Transaction, event: Event, kind: str, requester: str, plan_hash: str
    ) -> None:
        act = "Fail back" if kind == "fail_back" else "Invoke continuity for"
        await self._approvals.request(
            tx,
            subject=event.ref,
            kind=kind,
            title=f"{'[DRILL] ' if event.drill else ''}{act} {event.where}",
            plan_hash=plan_hash,
            requester=requester,
            expires_in=self._approval_expires,
        )


def fail_back_hash(event: Event) -> str:
    """What an approval to fail back is bound to: this event, and the plan the other way round."""
    return plan_digest({"fail_back": event.ref, "changes": event.plan.reversed_lines})


def facts(event: Event) -> dict[str, Any]:
    """What every announcement of an event carries."""
    return {
        "state": event.state.value,
        "drill": event.drill,
        "provider": event.provider,
        "domains": list(event.domains),
        "reason": event.reason,
        "why": event.why,
        "requester": event.requester,
        "approver": event.approver,
        "incident": event.incident,
        "run": event.run,
        "plan": event.plan.lines,
        "plan_hash": event.plan_hash,
        "fail_back": event.fail_back,
        "instructions": list(event.instructions),
        "evidence": list(event.evidence.facts) if event.evidence else [],
        "backlog": to_document(event.backlog) if event.backlog else None,
        "clean_round_trips": event.clean_round_trips,
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
    }


def _with_history(event: Event, said: list[Say], tx: Transaction) -> Event:
    entries = tuple(Entry(tx.now, event.state, _text(event, one), one.key) for one in said)
    return replace(event, history=event.history + entries)


def _text(event: Event, said: Say) -> str:
    return f"[DRILL] {said.text}" if event.drill else said.text


def _effect(event: Event, do: Do, tx: Transaction) -> Effect:
    return Effect(
        key=f"{event.ref}/{do.work}/{event.version}",
        kind=f"continuity.{do.work}",
        payload=do.payload,
        due=tx.now + do.after,
        ref=event.ref,
    )
