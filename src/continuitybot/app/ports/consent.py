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
from continuitybot.store import Database, Transaction


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
