"""What a text message must prove, since a sender's number can be forged: who holds the phone.

A code that was only ever sent to that phone does. Codes to approve go out with the request,
the code to invoke with the answer to STATUS.
"""

from __future__ import annotations

from continuitybot.chat import sms
from continuitybot.chat.commands.desk import Asked, Desk
from continuitybot.chat.grammar import Parsed
from continuitybot.chat.platform import Reply
from continuitybot.errors import NotAllowed, Refused
from continuitybot.people.authority import may
from continuitybot.people.model import Person

_NEEDS_CODE = frozenset({"approve", "invoke"})


async def require_code(desk: Desk, verb: str, asked: Asked) -> None:
    """Raises NotAllowed when a text message lacks the code that its verb needs."""
    if asked.platform != "sms" or verb not in _NEEDS_CODE:
        return
    question = await _approval_asked(desk, asked) if verb == "approve" else _invoking(desk)
    if not desk.codes.matches(question, asked.by.handle, asked.text("code")):
        denial = NotAllowed("The code is not the one sent to this phone.", code="code")
        await desk.record_denial(verb, asked, denial)
        raise denial


def answer(desk: Desk, person: Person, parsed: Parsed, reply: Reply) -> str:
    """The answer as one text message."""
    text = sms.render(reply.cards[0])
    if parsed.verb != "status" or not may(person, "invoke"):
        return text
    how = f"To invoke: INVOKE {desk.codes.code(_invoking(desk), person.handle)}"
    return f"{sms.shortened(text, sms.LONGEST - len(how) - 1)} {how}"


async def _approval_asked(desk: Desk, asked: Asked) -> str:
    ref = asked.text("ref")
    async with desk.database.reading() as tx:
        pending = await desk.approvals.pending(tx, ref)
    if not pending:
        raise Refused(f"Nothing about {ref} waits for approval.")
    return pending[0].id


def _invoking(desk: Desk) -> str:
    """The code to invoke is good for one day (UTC)."""
    return f"invoke/{desk.database.clock.now():%Y-%m-%d}"
