"""What follows while the standby is active, and on the way back to the primary.

Pure, like `switching.py`. Mail is never cut: an event leaves ACTIVE only through an approved
fail back, and only when the primary has returned enough canaries in a row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from continuitybot.continuity.model import (
    Ask,
    Decision,
    Do,
    Event,
    OutOfTurn,
    Rules,
    Say,
    State,
    decide,
    expect,
    move,
    sentence,
)
from continuitybot.continuity.plan import Backlog, Evidence, Position
from continuitybot.errors import Refused

BOT = "bot"
# A fail back that does not succeed returns to ACTIVE: until it has, watch and timers go on quietly.
HELD = (State.ACTIVE, State.FAILING_BACK)


def timers(event: Event, now: datetime, rules: Rules) -> list[Do]:
    """The next reminder and the end, bound to the end they were made for."""
    bound = {"end": event.end.isoformat()}
    left = event.end - now
    reminders = [left - before for before in rules.remind_before if before < left]
    upcoming = [Do("remind", after=min(reminders), payload=bound)] if reminders else []
    return [*upcoming, Do("end_due", after=max(timedelta(), left), payload=bound)]


def on_reminder_due(event: Event, end: datetime, now: datetime, rules: Rules) -> Decision:
    """Say how long is left, unless the end has moved since."""
    if event.state not in HELD or event.end != end:
        return decide(event)
    minutes = round((event.end - now).total_seconds() / 60)
    text = f"{event.ref} ends in {minutes} min. Extend it, or fail back when the primary is well."
    upcoming = [do for do in timers(event, now, rules) if do.work == "remind"]
    reminder = Say("reminded", text) if event.state is State.ACTIVE else None
    return decide(event, reminder, *upcoming)


def on_extended(
    event: Event, name: str, delta: timedelta, now: datetime, rules: Rules, key: str = ""
) -> Decision:
    """A person added to what is left; with a `key`, asking again is once."""
    if key and any(entry.key == key for entry in event.history):
        return decide(event)
    expect(event, State.ACTIVE, act="be extended")
    if delta <= timedelta():
        raise Refused(f"{event.ref} can only be extended by more than nothing.")
    longer = replace(event, end=event.end + delta)
    if longer.end - now > rules.max_duration:
        raise Refused(
            f"{event.ref} would end at {longer.end:%Y-%m-%d %H:%M} UTC, too far ahead.",
            remedy=f"The end may lie at most {rules.max_duration} ahead.",
        )
    text = f"{name} extended {event.ref} until {longer.end:%Y-%m-%d %H:%M} UTC."
    return decide(longer, Say("extended", text, key), *timers(longer, now, rules))


def on_end_due(event: Event, end: datetime, now: datetime, rules: Rules) -> Decision:
    """The end has come: ask for the fail back if the primary is clean; go on in either case."""
    if event.state not in HELD or event.end != end:
        return decide(event)
    longer = replace(event, end=now + rules.ask_again)
    if event.state is State.FAILING_BACK:
        return decide(longer, *timers(longer, now, rules))
    clean = _clean(event, rules)
    if clean and event.fail_back == "":
        longer, asked = replace(longer, fail_back="asked"), Ask(BOT)
    else:
        asked = None
    obstacle = "failing back is not approved yet" if clean else "the primary is not healthy"
    text = (
        f"The end of {event.ref} has come, but {obstacle}: mail stays on the standby, "
        f"until {longer.end:%H:%M} UTC for now."
    )
    return decide(longer, Say("extended", text), asked, *timers(longer, now, rules))


def on_primary_tried(event: Event, evidence: Evidence, rules: Rules) -> Decision:
    """A canary through the primary came back, or did not."""
    if event.state not in HELD:
        return decide(event)
    watch_on = Do("watch_primary", after=rules.watch_every)
    if event.state is State.FAILING_BACK:
        return decide(event, watch_on)
    tried = replace(event, clean_round_trips=event.clean_round_trips + 1 if evidence.ok else 0)
    if tried.fail_back == "approved" and _clean(tried, rules):
        return _leave(tried, watch_on)
    newly_clean = tried.clean_round_trips == rules.clean_round_trips
    if not (newly_clean and rules.auto_propose and tried.fail_back == ""):
        return decide(tried, watch_on)
    text = (
        f"The primary has returned {tried.clean_round_trips} canaries in a row. "
        f"Fail back {event.ref}? Approve it and the mail of {event.where} returns."
    )
    proposed = replace(tried, fail_back="asked")
    return decide(proposed, Say("fail_back_proposed", text), Ask(BOT), watch_on)


def on_fail_back_requested(event: Event, by: str, name: str) -> Decision:
    """A person wants the mail back on the primary; somebody else has to agree."""
    expect(event, State.ACTIVE, act="fail back")
    if event.fail_back:
        waits = "for an approval" if event.fail_back == "asked" else "for the primary"
        raise OutOfTurn(f"Failing back {event.ref} has been asked for already; it waits {waits}.")
    text = f"{name} asks to fail back {event.ref}; somebody else has to approve it."
    return decide(replace(event, fail_back="asked"), Say("fail_back_proposed", text), Ask(by))


def on_fail_back_approved(event: Event, by: str, name: str, rules: Rules) -> Decision:
    """Agreed: now if the primary is clean, else as soon as it is."""
    expect(event, State.ACTIVE, act="fail back")
    approved = replace(event, fail_back="approved", return_approver=by)
    if _clean(event, rules):
        return _leave(approved)
    text = (
        f"{name} approved to fail back {event.ref}. It waits until the primary has returned "
        f"{rules.clean_round_trips} canaries in a row; so far {event.clean_round_trips}."
    )
    return decide(approved, Say("fail_back_waiting", text))


def on_fail_back_not_approved(event: Event) -> Decision:
    """Rejected, expired or voided: mail stays where it is, and it may be asked again."""
    expect(event, State.ACTIVE, act="stay active")
    return decide(replace(event, fail_back=""))


def _clean(event: Event, rules: Rules) -> bool:
    return event.clean_round_trips >= rules.clean_round_trips


def _leave(event: Event, *also: Do) -> Decision:
    text = f"{event.provider} is routing the mail of {event.where} back to the primary."
    left = move(event, State.FAILING_BACK)
    return decide(left, Say("failing_back", text), Do("revert"), *also)


def on_position(event: Event, position: Position | None, *, sure: bool, rules: Rules) -> Decision:
    """After trouble on the way back it is known, or cannot be known, where the routes stand."""
    expect(event, State.FAILING_BACK, act="be told where it stands")
    if position is Position.BEFORE:
        return on_reverted(event)
    refused = sure and position is Position.AFTER
    if position is not None and not refused and event.tries + 1 < rules.attempts:
        again = replace(event, tries=event.tries + 1)
        return decide(again, Do("revert", after=rules.prove_every))
    standing = (
        "Mail stays on the standby."
        if position is Position.AFTER
        else "Nobody can say where mail goes now: look at the routes yourself."
    )
    text = f"{event.ref} could not fail back: {sentence(event.why)} {standing}"
    active = move(event, State.ACTIVE, fail_back="", clean_round_trips=0)
    return decide(active, Say("fail_back_failed", text))


def on_reverted(event: Event) -> Decision:
    """Mail goes to the primary again; the standby hands over what it took."""
    expect(event, State.FAILING_BACK, act="be drained")
    text = f"Mail of {event.where} goes to the primary again; the standby hands over what it took."
    return decide(move(event, State.DRAINING, why=""), Say("draining", text), Do("drain"))


def on_drain(event: Event, backlog: Backlog, rules: Rules) -> Decision:
    """The standby was asked what it still holds."""
    expect(event, State.DRAINING, State.ROLLED_BACK, act="be drained")
    news = backlog.counted and backlog != event.backlog
    said = Say("draining", f"{event.ref}: {backlog}.") if news else None
    drained = replace(event, backlog=backlog)
    if not backlog.empty:
        return decide(drained, said, Do("drain", after=rules.drain_poll))
    if event.state is State.ROLLED_BACK:
        return decide(drained, said)
    return decide(drained, said, Do("verify_primary"))


def on_drain_unreadable(event: Event, reason: str, rules: Rules) -> Decision:
    """The standby cannot be asked now: say so once, and go on asking."""
    expect(event, State.DRAINING, State.ROLLED_BACK, act="be drained")
    text = f"{event.ref}: the standby does not say what it still holds: {sentence(reason)}"
    said = None if reason == event.why else Say("draining", text)
    return decide(replace(event, why=reason), said, Do("drain", after=rules.drain_poll))


def on_primary_proved(event: Event, evidence: Evidence) -> Decision:
    """The standby is empty and the primary is proved: it is over."""
    expect(event, State.DRAINING, act="end")
    backlog = event.backlog or Backlog.uncounted()
    missing = (
        f" {backlog.unaccounted} messages are not accounted for: ask the provider."
        if backlog.unaccounted
        else ""
    )
    text = f"{event.ref} has ended: {backlog}.{missing} The proof of the primary: {evidence}."
    return decide(move(event, State.ENDED, evidence=evidence), Say("ended", text))


def on_primary_not_proved(event: Event, evidence: Evidence, rules: Rules) -> Decision:
    """Mail goes to the primary, yet a canary was lost there: try again, then call a person."""
    expect(event, State.DRAINING, act="fail the proof of the primary")
    tried = replace(event, evidence=evidence, why=evidence.reason, tries=event.tries + 1)
    if tried.tries < rules.attempts:
        return decide(tried, Do("verify_primary", after=rules.prove_every))
    text = (
        f"{event.ref} is back on the primary, but the primary does not prove itself: "
        f"{sentence(evidence.reason)} Invoke again if mail does not arrive."
    )
    return decide(move(tried, State.FAILED, why=evidence.reason), Say("failed", text))
