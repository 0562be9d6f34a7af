"""What came of asking people: the latest approval of an object, and approvals of a step."""

from __future__ import annotations

from continuitybot.approvals import Approvals
from continuitybot.approvals.model import Approval, plan_digest
from continuitybot.errors import NotFound
from continuitybot.runbooks.ports import (
    ApprovalRequest,
    Place,
    Standing,
)
from continuitybot.runbooks.states import StepState
from continuitybot.store import Change, Database, Transaction


class Consent:
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


def withdraw_with_steps(database: Database, approvals: Approvals) -> None:
    """From now on, nobody is asked to approve a step that ended without them."""

    async def step_moved(tx: Transaction, change: Change) -> None:
        ended_otherwise = change.data["left"] and change.data["state"] != StepState.DONE
        if change.data["action"] == "approve" and ended_otherwise:
            await approvals.void(tx, change.ref, "Its step does not wait for it any more.")

    database.subscribe("run.advanced", step_moved)


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
                of=request.of,
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

    async def remind(self, place: Place, approval: str, of: str) -> None:
        """Ask again, once for each key."""
        async with self._database.transaction() as tx:
            await self._approvals.remind(tx, place.run, approval, of=of, key=place.key)


def _approval_standing(approval: Approval) -> Standing:
    by = approval.decisions[-1].by if approval.decisions else ""
    why = approval.decisions[-1].why if approval.decisions else ""
    state = approval.state.value
    data = {
        "approval": approval.id,
        "approvers": [one.by for one in approval.decisions if one.approve],
        "asked": approval.created.isoformat(),
    }
    return Standing(approval.subject, state, state, by, why, data)
