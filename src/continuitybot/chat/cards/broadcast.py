"""A broadcast: the exact text and audience before it is approved, the deliveries after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from continuitybot.approvals.model import Approval
from continuitybot.broadcast import Broadcast, BroadcastState, Counts, DeliveryState, Preview
from continuitybot.chat.cards.phrases import consent_buttons, fact, facts, mode_of, plural
from continuitybot.chat.message import (
    Button,
    Card,
    Confirm,
    Fact,
    Moment,
    Part,
    Progress,
    Table,
    Tone,
)
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
    broadcast: Broadcast,
    preview: Preview,
    counts: Counts,
    approval: Approval | None,
    roster: Roster,
) -> Card:
    """One broadcast as it stands."""
    replies = ", ".join(f"{count} {meaning}" for meaning, count in counts.replies.items() if count)
    unreached = (*preview.missing, *preview.opted_out)
    is_plan = broadcast.state is BroadcastState.REQUESTED
    return Card(
        headline=f"{broadcast.ref} SMS to {preview.audience}",
        mode=mode_of(broadcast.drill),
        state=_STATE_WORDS.get(broadcast.state, broadcast.state.value),
        tone=_TONES.get(broadcast.state, ""),
        text=_texts(preview, with_size=is_plan),
        facts=facts(
            *(_plan_facts(preview, roster) if is_plan else ()),
            fact("Asked for by", roster.name(broadcast.requester)),
            fact("Approved by", broadcast.approver and roster.name(broadcast.approver)),
            fact("Not reached", "" if is_plan else _names(unreached, roster)),
            fact("Answers", replies),
            fact("Why it ended", broadcast.why),
        ),
        progress=_progress(broadcast, counts),
        buttons=_buttons(broadcast, approval),
    )


def preview_card(preview: Preview, roster: Roster) -> Card:
    """How a broadcast would be; nothing has been asked for."""
    return Card(
        headline=f"SMS to {preview.audience}",
        mode=mode_of(preview.drill),
        state="a preview; nothing is sent",
        text=_texts(preview, with_size=True),
        facts=facts(
            *_plan_facts(preview, roster),
        ),
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


def _texts(preview: Preview, *, with_size: bool) -> tuple[str, ...]:
    shown = []
    for text in preview.texts:
        shown.append(f"“{text.text}”")
        if with_size:
            size = f"{text.encoding}, {plural(text.segments, 'segment')} each"
            to = f"{plural(text.recipients, 'person/people')} in {text.language}: {size}."
            shown.append(f"{to} {text.advice}".strip())
    return tuple(shown)


def _plan_facts(preview: Preview, roster: Roster) -> tuple[Fact | None, ...]:
    cost = None if preview.cost is None else f"{preview.cost:.2f} {preview.currency}"
    return (
        fact("Goes to", plural(preview.recipients, "person/people")),
        fact("Segments in all", str(preview.segments)),
        fact("Takes about", preview.eta),
        fact("Costs about", cost),
        fact("Without a phone", _names(preview.missing, roster)),
        fact("Opted out", _names(preview.opted_out, roster)),
        fact("Carrier", ", then ".join(preview.carriers)),
    )


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
