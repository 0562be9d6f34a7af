"""What waits for one person, each with the line that answers it, and the runs they lead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from continuitybot.approvals.model import Approval
from continuitybot.chat.cards.phrases import consent_buttons, plural, words
from continuitybot.chat.message import Button, Card, Item, ItemState, Moment, Span, Table, Text
from continuitybot.people.roster import Roster
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.tasks import Kind, Task


def mine_card(
    tasks: Sequence[Task],
    approvals: Sequence[Approval],
    led: Sequence[Run],
    now: datetime,
    roster: Roster,
    page_of: Callable[[str], str],
) -> Card:
    """Tasks and approvals in the order of their age; `page_of` is the address of a page."""
    items = (
        *(_task(task, now, page_of) for task in tasks),
        *(_approval(approval, roster) for approval in approvals),
    )
    rows = tuple((run.ref, run.definition.title, words(run.state)) for run in led)
    return Card(
        f"{plural(len(items), 'thing waits/things wait')} for you"
        if items
        else "Nothing waits for you",
        tone="" if items else "good",
        table=Table(("You lead", "Runbook", "State"), rows) if rows else None,
        checklist=items,
    )


def _task(task: Task, now: datetime, page_of: Callable[[str], str]) -> Item:
    note: list[str | Span | Moment] = [f"{task.text} "]
    if task.due is not None:
        note += ["Overdue since " if task.due <= now else "Due ", Moment(task.due), ". "]
    if task.evidence == "file":
        note += [
            "Attach its file: ",
            Span(page_of(f"{task.run}/evidence/{task.step}"), "code"),
            " ",
        ]
    note.append(Span(task.line, "code"))
    state: ItemState = "failed" if task.kind is Kind.TROUBLE else "waiting"
    return Item(f"{task.run} {task.title}", state, tuple(note), task_buttons(task))


def task_buttons(task: Task) -> tuple[Button, ...]:
    """The clicks that answer a task; what must be written opens a form."""
    where = f"{task.run} {task.step}"
    match task.kind:
        case Kind.ITEM:
            return (
                Button("Done", f"item done {where}"),
                Button("Does not apply", f"item na {where}"),
            )
        case Kind.TROUBLE:
            return (
                Button("Try again", f"step retry {where}"),
                Button("It is done", f"step done {where}"),
                Button("Skip", f"step skip {where}"),
            )
    if not task.choices:
        return (Button("Answer", f"answer {where}", "primary"),)
    return tuple(
        Button(label, f"answer {where} {choice}", "plain" if number else "primary")
        for number, (choice, label) in enumerate(task.choices.items())
    )


def _approval(approval: Approval, roster: Roster) -> Item:
    agreed = [roster.name(one.by) for one in approval.decisions if one.approve]
    so_far = f"Agreed so far: {', '.join(agreed)}. " if agreed else ""
    note: Text = (
        f"{roster.name(approval.requester)} asks. {so_far}",
        "Until ",
        Moment(approval.expires),
        ". ",
        Span(f"APPROVE {approval.subject}", "code"),
    )
    title = f"{approval.subject} {approval.title}"
    buttons = consent_buttons(approval.subject, approval.plan_hash, approval.title)
    return Item(title, "waiting", note, buttons)
