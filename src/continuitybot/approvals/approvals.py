"""Asking for consent, giving or refusing it, and withdrawing the question."""

from __future__ import annotations

from datetime import timedelta

from continuitybot import audit
from continuitybot.approvals import store
from continuitybot.approvals.model import Approval, Decision, State, decided, moved
from continuitybot.errors import NotFound, Refused
from continuitybot.people import authority
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.store import (
    Change,
    Database,
    Duty,
    Effect,
    Outcome,
    Succeeded,
    Transaction,
)

_EXPIRE = "approval.expire"


class Approvals:
    """Every question for consent, and its answer."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        expires_in: timedelta = timedelta(minutes=30),
    ) -> None:
        self._database = database
        self._directory = directory
        self._expires_in = expires_in

    def duties(self) -> list[Duty]:
        """What the workers do for approvals: end those that nobody answered."""
        return [Duty(_EXPIRE, perform=_time_is_up, record=self._expire)]

    async def request(
        self,
        tx: Transaction,
        *,
        subject: str,
        kind: str,
        title: str,
        plan_hash: str,
        requester: str,
        act: str = "approve",
        quorum: int = 1,
        expires_in: timedelta | None = None,
        of: str = "",
    ) -> Approval:
        """Ask for consent to one exact plan; an earlier question about the subject is withdrawn.

        `requester` is a handle or `bot`, `act` the authority that a decision needs, `quorum` how
        many different people must agree, `of` an audience that is asked first: others may decide
        as well, but nobody asks them.
        """
        await self.void(tx, subject, "It was asked anew.")
        approval = Approval(
            id=await tx.next_ref("APR"),
            subject=subject,
            kind=kind,
            title=title,
            plan_hash=plan_hash,
            requester=requester,
            act=act,
            quorum=quorum,
            created=tx.now,
            expires=tx.now + (expires_in or self._expires_in),
        )
        await store.add(tx, approval)
        await tx.enqueue(
            Effect(
                key=f"{subject}/expire/{approval.id}",
                kind=_EXPIRE,
                due=approval.expires,
                ref=approval.id,
            )
        )
        who = (await self._directory.roster(tx)).name(requester)
        await _announce(tx, approval, "requested", f"{who} asked for approval: {title}.", of=of)
        return approval

    async def remind(
        self, tx: Transaction, subject: str, approval_id: str, *, of: str, key: str
    ) -> None:
        """Ask again those of an audience ("" for all) who may decide and have not; once a key."""
        for waiting in await store.pending(tx, subject):
            if waiting.id == approval_id:
                text = f"Still waits for approval: {waiting.title}."
                await _announce(tx, waiting, "reminded", text, of=of, key=key)

    async def decide(
        self,
        *,
        subject: str,
        by: Person,
        approve: bool,
        plan_hash: str | None = None,
        why: str = "",
        platform: str = "console",
    ) -> Approval:
        """Approve or reject what waits for a decision about a subject.

        `plan_hash` is the plan the person saw, None when they answered by reference alone. The
        requester may reject, which withdraws the question, but never approve.
        Raises: NotAllowed, Stale, Refused when it was decided or is too late, NotFound.
        """
        verb = "approve" if approve else "reject"
        try:
            async with self._database.transaction() as tx:
                answer = Decision(by.handle, approve, tx.now, why, platform)
                return await self._decide(tx, subject, by, answer, plan_hash)
        except Refused as refusal:
            await audit.record_denial(
                self._database,
                who=by.handle,
                verb=verb,
                ref=subject,
                text=refusal.text,
                platform=platform,
            )
            raise

    async def void(self, tx: Transaction, subject: str, why: str) -> bool:
        """Withdraw what waits for a decision about a subject; False when nothing did."""
        for waiting in await store.pending(tx, subject):
            ended = await self._end(tx, waiting.id, State.VOIDED)
            if ended is not None:
                text = f"The question was withdrawn: {ended.title}. {why}"
                await _announce(tx, ended, "voided", text)
                return True
        return False

    async def pending(self, tx: Transaction, subject: str | None = None) -> list[Approval]:
        """What waits for a decision, oldest first; about one subject when it is given."""
        return await store.pending(tx, subject)

    async def latest(self, tx: Transaction, subject: str) -> Approval | None:
        """The approval of a subject that is pending, or else its newest."""
        return await store.latest(tx, subject)

    async def _decide(
        self,
        tx: Transaction,
        subject: str,
        by: Person,
        answer: Decision,
        plan_hash: str | None,
    ) -> Approval:
        found = await store.latest(tx, subject)
        if found is None:
            raise NotFound(f"Nothing about {subject} waits for an approval.")
        before = await store.lock(tx, found.id)
        everyone = (await self._directory.roster(tx)).everyone
        is_withdrawal = by.handle == before.requester and not answer.approve
        if not is_withdrawal:
            authority.require(by, before.act, everyone)
        others = authority.ask_instead(before.act, everyone, by)
        after = decided(before, answer, plan_hash, others)
        if not await store.replace_pending(tx, before, after):
            raise Refused(f"{subject}: somebody else decided at this moment.", code="decided")
        if after.state is not State.PENDING:
            await tx.cancel_effects(ref=after.id)
        await _announce(tx, after, _what(after), _sentence(after, by.name, answer), by.handle)
        await audit.record(
            tx,
            who=by.handle,
            verb="approve" if answer.approve else "reject",
            ref=subject,
            text=f"{after.title}. {answer.why}".strip(),
            platform=answer.platform,
            approval=after.id,
            data={"plan_hash": after.plan_hash, "state": after.state.value},
        )
        return after

    async def _expire(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        ended = await self._end(tx, effect.ref, State.EXPIRED)
        if ended is not None:
            await _announce(tx, ended, "expired", f"Nobody decided in time: {ended.title}.")

    async def _end(self, tx: Transaction, approval_id: str, state: State) -> Approval | None:
        before = await store.lock(tx, approval_id)
        if before.state is not State.PENDING:
            return None
        after = moved(before, state)
        await store.replace_pending(tx, before, after)
        await tx.cancel_effects(ref=approval_id)
        return after


async def _time_is_up(_effect: Effect) -> Outcome:
    return Succeeded()


def _what(approval: Approval) -> str:
    return "answered" if approval.state is State.PENDING else approval.state.value


def _sentence(approval: Approval, name: str, answer: Decision) -> str:
    verb = "approved" if answer.approve else "rejected"
    more = f" {approval.missing} more must approve." if approval.state is State.PENDING else ""
    why = f" {answer.why}" if answer.why else ""
    return f"{name} {verb}: {approval.title}.{why}{more}"


async def _announce(
    tx: Transaction, approval: Approval, what: str, text: str, by: str = "", **more: str
) -> None:
    await tx.announce(
        Change(
            ref=approval.subject,
            what=f"approval.{what}",
            text=text,
            data={
                "approval": approval.id,
                "kind": approval.kind,
                "requester": approval.requester,
                "by": by,
                "plan_hash": approval.plan_hash,
                **more,
            },
        )
    )
