"""What a text message must prove, since a sender's number can be forged: who holds the phone.

A code that was only ever sent to that phone does. Codes to approve go out with the request, the
code to invoke with the answer to STATUS, codes to answer with the question and with MINE. Short
lines leave out what can only be one thing.
"""

from __future__ import annotations

from continuitybot.chat import sms
from continuitybot.chat.commands.desk import Asked, Desk
from continuitybot.chat.commands.mine import what_is_for
from continuitybot.chat.grammar import Parsed
from continuitybot.chat.platform import Reply
from continuitybot.errors import NotAllowed, Refused
from continuitybot.people.authority import may
from continuitybot.people.model import Person
from continuitybot.runbooks.answering import line_for_question
from continuitybot.runbooks.tasks import Kind, Task, tasks_of

_NEEDS_CODE = frozenset({"approve", "invoke"})
_KINDS = {"item done": Kind.ITEM, "answer": Kind.QUESTION}


async def require_code(desk: Desk, verb: str, asked: Asked) -> None:
    """Raises NotAllowed when a text message lacks the code that its verb needs."""
    if asked.platform != "sms" or verb not in _NEEDS_CODE:
        return
    question = await _approval_asked(desk, asked) if verb == "approve" else _invoking(desk)
    await _require(desk, verb, asked, question, asked.text("code"))


async def completed(desk: Desk, person: Person, parsed: Parsed) -> Parsed:
    """A short line in full: the step that it can only mean, and its code taken off."""
    kind = _KINDS.get(parsed.verb)
    if kind is None:
        return parsed
    ref, words = str(parsed.args["ref"]), str(parsed.args["words"]).split()
    async with desk.database.reading() as tx:
        run = await desk.runbooks.run(tx, ref)
    tasks = [task for task in tasks_of(run) if task.kind is kind]
    if words and words[0].lower() in run.steps:
        step, words = words[0].lower(), words[1:]
    else:
        step = _only(ref, kind, tasks)
    if kind is Kind.ITEM:
        return Parsed(parsed.verb, {"ref": ref, "item": step, "evidence": " ".join(words)})
    asked = Asked(person, "sms", {"ref": ref})
    for task in tasks:
        if task.step == step and task.needs_code:
            code = words.pop() if len(words) > 1 else ""
            await _require(desk, parsed.verb, asked, task.code_question, code)
    return Parsed(parsed.verb, {"ref": ref, "step": step, "choice": " ".join(words)})


def _only(ref: str, kind: Kind, tasks: list[Task]) -> str:
    if len(tasks) == 1:
        return tasks[0].step
    if not tasks:
        raise Refused(f"{ref} has no open {kind}.", remedy="Send MINE.")
    names = ", ".join(task.step for task in tasks)
    raise Refused(f"{ref} has several: {names}.", remedy="Name one after the reference.")


async def answer(desk: Desk, person: Person, parsed: Parsed, reply: Reply) -> str:
    """The answer as one text message."""
    if parsed.verb == "mine":
        return await _mine(desk, person)
    text = sms.render(reply.cards[0])
    if parsed.verb != "status" or not may(person, "invoke"):
        return text
    how = f"To invoke: INVOKE {desk.codes.code(_invoking(desk), person.handle)}"
    return f"{sms.shortened(text, sms.LONGEST - len(how) - 1)} {how}"


def line_by_sms(desk_code: str, task: Task) -> str:
    """The line that answers a task by text message, with its code where it needs one."""
    if not task.needs_code:
        return task.line
    return line_for_question(task.run, task.step, task.choices, desk_code)


async def _mine(desk: Desk, person: Person) -> str:
    """As many of the lines that answer something as one text has room for."""
    async with desk.database.reading() as tx:
        found = await what_is_for(desk, tx, person)
    lines = [
        line_by_sms(desk.codes.code(task.code_question, person.handle), task)
        for task in found.tasks
    ]
    lines += [
        f"APPROVE {one.subject} {desk.codes.code(one.id, person.handle)}" for one in found.approvals
    ]
    if not lines:
        return "Nothing waits for you."
    text = f"{len(lines)} for you:"
    for line in map(sms.gsm, lines):
        if len(text) + len(line) + 2 <= sms.LONGEST:
            text = f"{text}\n{line}"
    return text


async def _require(desk: Desk, verb: str, asked: Asked, question: str, code: str) -> None:
    if desk.codes.matches(question, asked.by.handle, code):
        return
    denial = NotAllowed("The code is not the one sent to this phone.", code="code")
    await desk.record_denial(verb, asked, denial)
    raise denial


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
