"""A continuity event: its plan before it is approved, its proof when it is active, its books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from continuitybot.approvals.model import Approval
from continuitybot.chat.cards.phrases import (
    consent_buttons,
    fact,
    facts,
    listed,
    mode_of,
    present,
    words,
)
from continuitybot.chat.message import Button, Card, Confirm, Moment, Part, Progress, Table, Tone
from continuitybot.continuity import Backlog, Event, State
from continuitybot.people.roster import Roster

_TONES: Mapping[State, Tone] = {
    State.ACTIVE: "good",
    State.ENDED: "good",
    State.ROLLING_BACK: "bad",
    State.ROLLED_BACK: "bad",
    State.FAILED: "bad",
}
_STATE_WORDS: Mapping[State, str] = {
    State.PLANNED: "waits for approval",
    State.VERIFYING: "switched, being proved",
    State.ACTIVE: "ACTIVE",
    State.CANCELLED: "not carried out",
}
_MEANING: Mapping[State, str] = {
    State.PLANNED: "Nothing has been changed. Somebody other than the requester has to approve.",
    State.APPLYING: "The provider is switching the mail now.",
    State.VERIFYING: "Canaries are on their way through the standby. It counts as active only "
    "when they have arrived.",
    State.ACTIVE: "Mail flows through the standby; canaries have proved it.",
    State.FAILING_BACK: "The provider is switching the mail back to the primary.",
    State.DRAINING: "Mail reaches the primary again; the standby hands over what it took.",
    State.ENDED: "Mail flows through the primary, and the standby is empty.",
    State.ROLLING_BACK: "The standby did not prove itself; the switch is being taken back.",
    State.ROLLED_BACK: "The switch was taken back: mail goes where it went before.",
}


def event_card(event: Event, approval: Approval | None, roster: Roster) -> Card:
    """One event as it stands, with what can be done about it now."""
    returning = event.fail_back == "asked" and event.state is State.ACTIVE
    return Card(
        headline=f"{event.ref} Move mail of {event.where} to the standby",
        mode=mode_of(event.drill),
        state=_STATE_WORDS.get(event.state, words(event.state)),
        tone=_TONES.get(event.state, "warning"),
        text=_text(event, returning),
        facts=facts(
            fact("Provider", event.provider),
            fact("Asked for by", roster.name(event.requester)),
            fact("Approved by", event.approver and roster.name(event.approver)),
            fact(
                "Return approved by", event.return_approver and roster.name(event.return_approver)
            ),
            fact("Starts", event.start if event.state is State.APPROVED else None),
            fact("Lasts", event.duration if event.state is State.PLANNED else None),
            fact("Until", event.end if event.state is State.ACTIVE else None),
            fact("Incident", event.incident),
        ),
        table=_plan(event, returning),
        progress=_progress(event.backlog),
        buttons=_buttons(event, approval, returning),
        footer=f"If it has to be undone: {event.plan.undo}" if _is_open(event) else "",
    )


def events_card(events: Sequence[Event], roster: Roster) -> Card:
    """The newest events."""
    if not events:
        return Card("Continuity has not been invoked yet")
    rows = tuple(
        (
            event.ref,
            event.where,
            words(event.state),
            (Moment(event.start),),
            roster.name(event.requester),
        )
        for event in events
    )
    return Card(
        "Continuity events", table=Table(("Event", "Mail of", "State", "Start", "By"), rows)
    )


def _is_open(event: Event) -> bool:
    return event.state in {State.PLANNED, State.ACTIVE}


def _text(event: Event, returning: bool) -> tuple[str, ...]:
    lines = [f"Why: {event.reason}" if event.reason else "", _MEANING.get(event.state, "")]
    if returning:
        lines[1] = (
            f"The primary has taken {event.clean_round_trips} canaries in a row. Moving back is "
            "planned and waits for approval."
            if event.clean_round_trips
            else "Moving back is planned and waits for approval."
        )
    if event.why:
        lines.append(event.why)
    if event.instructions:
        lines.append(f"By hand: {' '.join(event.instructions)}")
    lines.extend(event.plan.warnings if event.state is State.PLANNED else ())
    if event.evidence is not None and event.evidence.facts:
        lines.append(f"Evidence: {listed(event.evidence.facts)}.")
    if event.backlog is not None:
        lines.append(f"The books: {event.backlog}.")
    return tuple(line for line in lines if line)


def _plan(event: Event, returning: bool) -> Table | None:
    if not (event.state is State.PLANNED or returning):
        return None
    changes = event.plan.changes
    rows = tuple(
        (one.what, one.after, one.before) if returning else (one.what, one.before, one.after)
        for one in changes
    )
    return Table(("What changes", "Now", "Then"), rows)


def _progress(backlog: Backlog | None) -> Progress | None:
    if backlog is None or not backlog.counted or not backlog.taken:
        return None
    parts = (
        Part("delivered to the primary", backlog.delivered),
        Part("outstanding", backlog.outstanding),
        Part("lost", backlog.lost),
    )
    return Progress(tuple(part for part in parts if part.count), backlog.taken)


def _buttons(event: Event, approval: Approval | None, returning: bool) -> tuple[Button, ...]:
    if event.instructions:
        text = "The bot proves it with canaries before it counts."
        confirm = Confirm("Have you done all of it?", text, "It is done")
        return (Button("It is done", f"confirm {event.ref}", "primary", confirm),)
    if approval is not None:
        plan = event.plan.reversed_lines if returning else event.plan.lines
        return consent_buttons(event.ref, approval.plan_hash, "; ".join(plan))
    if event.state is not State.ACTIVE:
        return ()
    back = Button(
        "Move back",
        f"failback {event.ref}",
        confirm=Confirm(
            "Plan the way back to the primary?", "Somebody else has to approve it.", "Plan it"
        ),
    )
    return present(Button("Extend by 1 h", f"extend {event.ref} 1h"), back)
