"""A broadcast: the exact text and audience before it is approved, the deliveries after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from continuitybot.approvals.model import Approval
from continuitybot.broadcast import Broadcast, BroadcastState, Counts, DeliveryState
from continuitybot.broadcast.text import measure
from continuitybot.chat.cards.phrases import consent_buttons, fact, facts, mode_of, plural
from continuitybot.chat.message import Button, Card, Confirm, Moment, Part, Progress, Table, Tone
from continuitybot.people.roster import Roster

_STATE_WORDS: Mapping[BroadcastState, str] = {
    BroadcastState.REQUESTED: "waits for approval",
    BroadcastState.CANCELLED: "not sent",
}
_TONES: Mapping[BroadcastState, Tone] = {
    BroadcastState.FINISHED: "good",
    BroadcastState.STOPPED: "bad",
    BroadcastState.CANCELLED: "warning",
}


def broadcast_card(
    broadcast: Broadcast, counts: Counts, approval: Approval | None, roster: Roster
) -> Card:
    """One broadcast as it stands."""
    plan = broadcast.plan
    replies = ", ".join(f"{count} {meaning}" for meaning, count in counts.replies.items() if count)
    return Card(
        headline=f"{broadcast.ref} SMS to {plan.audience}",
        mode=mode_of(broadcast.drill),
        state=_STATE_WORDS.get(broadcast.state, broadcast.state.value),
        tone=_TONES.get(broadcast.state, ""),
        text=tuple(f"“{text}”" for text in plan.texts.values()),
        facts=facts(
            fact("Goes to", f"{plural(plan.people, 'person/people')}, {_size(broadcast)}"),
            fact("Without a phone", _names(plan.missing, roster)),
            fact("Opted out", _names(plan.opted_out, roster)),
            fact("Carrier", ", then ".join(plan.carriers)),
            fact("Asked for by", roster.name(broadcast.requester)),
            fact("Approved by", broadcast.approver and roster.name(broadcast.approver)),
            fact("Answers", replies),
            fact("Why it ended", broadcast.why),
        ),
        progress=_progress(broadcast, counts),
        buttons=_buttons(broadcast, approval),
    )


def broadcasts_card(broadcasts: Sequence[Broadcast]) -> Card:
    """The newest broadcasts."""
    if not broadcasts:
        return Card("No broadcast has been sent yet")
    rows = tuple(
        (one.ref, one.plan.audience, one.state.value, (Moment(one.requested),))
        for one in broadcasts
    )
    return Card("Broadcasts", table=Table(("Broadcast", "Audience", "State", "Asked for"), rows))


def _size(broadcast: Broadcast) -> str:
    plan = broadcast.plan
    size = measure(plan.texts[plan.default_language])
    return f"{plural(plan.segments, 'segment')} in all, {size.encoding}"


def _names(handles: Sequence[str], roster: Roster) -> str:
    shown = [roster.name(handle) for handle in handles[:5]]
    more = len(handles) - len(shown)
    return ", ".join([*shown, f"and {more} others"] if more else shown)


def _progress(broadcast: Broadcast, counts: Counts) -> Progress | None:
    if broadcast.state in {BroadcastState.REQUESTED, BroadcastState.CANCELLED}:
        return None
    order = (
        DeliveryState.DELIVERED,
        DeliveryState.SENT,
        DeliveryState.SENDING,
        DeliveryState.QUEUED,
        DeliveryState.RETRYING,
        DeliveryState.UNKNOWN,
        DeliveryState.FAILED,
        DeliveryState.CANCELLED,
    )
    parts = tuple(Part(state.value, counts.of(state)) for state in order if counts.of(state))
    return Progress(parts, sum(counts.states.values()))


def _buttons(broadcast: Broadcast, approval: Approval | None) -> tuple[Button, ...]:
    if approval is not None:
        effect = f"{plural(broadcast.plan.people, 'person/people')} get this text."
        return consent_buttons(broadcast.ref, approval.plan_hash, effect)
    if broadcast.state in {BroadcastState.APPROVED, BroadcastState.SENDING}:
        text = "What has left cannot be called back."
        confirm = Confirm(f"Stop {broadcast.ref}?", text, "Stop it")
        return (Button("Stop", f"stop {broadcast.ref}", "danger", confirm),)
    return ()
