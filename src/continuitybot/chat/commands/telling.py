"""Verbs that reach employees off e-mail."""

from __future__ import annotations

from continuitybot.chat.cards.broadcast import preview_card
from continuitybot.chat.commands.desk import Asked, Desk, said, shown
from continuitybot.chat.platform import Reply
from continuitybot.errors import Refused


async def broadcast(desk: Desk, asked: Asked) -> Reply:
    """Plan a text to many, or send it to oneself first."""
    text, template = asked.text("text"), asked.text("template")
    if not text and not template:
        raise Refused(
            "There is no text to send.",
            remedy='Write: broadcast all "Mail is down, read it at …", or --template NAME.',
        )
    if asked.args["preview"]:
        preview = await desk.broadcasts.preview(
            audience=asked.text("audience"), text=text, template=template
        )
        return shown(preview_card(preview, await desk.directory.roster()))
    if asked.args["test"]:
        await desk.broadcasts.send_test(
            by=asked.by, text=text, template=template, platform=asked.platform
        )
        return said("The text is on its way to your phone")
    planned = await desk.broadcasts.request(
        by=asked.by,
        audience=asked.text("audience"),
        text=text,
        template=template,
        incident=asked.text("incident"),
        platform=asked.platform,
    )
    return said(
        f"{planned.ref} waits for approval",
        f"{planned.plan.people} people would get it, in {planned.plan.segments} segments.",
        "Nothing has been sent. Somebody else has to approve it.",
    )


async def stop(desk: Desk, asked: Asked) -> Reply:
    """Cancel what has not left yet."""
    ref = asked.text("ref")
    await desk.broadcasts.stop(ref, by=asked.by, platform=asked.platform)
    async with desk.database.reading() as tx:
        counts = await desk.broadcasts.counts(tx, ref)
    return said(f"{ref} is stopped", f"{counts.left} had left already.", counts.sentence(ref))
