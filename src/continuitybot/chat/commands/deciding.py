"""The consent of a second person."""

from __future__ import annotations

from continuitybot.chat.commands.desk import Asked, Desk, said
from continuitybot.chat.platform import Reply


async def approve(desk: Desk, asked: Asked) -> Reply:
    """Agree to one exact plan."""
    return await _decide(desk, asked, agree=True)


async def reject(desk: Desk, asked: Asked) -> Reply:
    """Refuse a plan."""
    return await _decide(desk, asked, agree=False)


async def _decide(desk: Desk, asked: Asked, *, agree: bool) -> Reply:
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
        roster = await desk.directory.roster()
        agreed = " and ".join(roster.name(one.by) for one in approval.decisions)
        missing = f"{approval.subject}: {approval.missing} more must agree"
        return said(missing, f"So far: {agreed}.")
    return said(f"{approval.subject} is approved", "It goes ahead now.")
