"""The consent of a second person."""

from __future__ import annotations

from continuitybot.chat.commands.desk import Asked, Desk, said
from continuitybot.chat.platform import Reply
from continuitybot.errors import NotAllowed, Refused


async def approve(desk: Desk, asked: Asked) -> Reply:
    """Agree to one exact plan."""
    return await _decide(desk, asked, agree=True)


async def reject(desk: Desk, asked: Asked) -> Reply:
    """Refuse a plan."""
    return await _decide(desk, asked, agree=False)


async def _decide(desk: Desk, asked: Asked, *, agree: bool) -> Reply:
    if asked.platform == "sms":
        await _check_code(desk, asked)
    approval = await desk.approvals.decide(
        subject=asked.text("ref"),
        by=asked.by,
        approve=agree,
        plan_hash=asked.args["plan"],
        why=asked.text("why"),
        platform=asked.platform,
    )
    if not agree:
        return said(f"{approval.subject} is rejected", "Nothing was done.")
    if approval.missing:
        return said(f"{approval.subject}: {approval.missing} more must agree")
    return said(f"{approval.subject} is approved", "It goes ahead now.")


async def _check_code(desk: Desk, asked: Asked) -> None:
    """A sender's number can be forged: a text message must carry the code sent to that phone."""
    ref = asked.text("ref")
    async with desk.database.reading() as tx:
        pending = await desk.approvals.pending(tx, ref)
    if not pending:
        raise Refused(f"Nothing about {ref} waits for approval.")
    if not desk.codes.matches(pending[0].id, asked.by.handle, asked.text("code")):
        denial = NotAllowed(f"The code for {ref} is not the one sent to this phone.", code="code")
        await desk.record_denial("approve", asked, denial)
        raise denial
