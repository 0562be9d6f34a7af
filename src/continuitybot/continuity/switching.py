"""What follows on the way to the standby: from the approval to ACTIVE, or back out of it.

Pure: each function takes the event, what happened and `now` where time matters, and returns a
Decision; an input that does not fit the state raises OutOfTurn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from continuitybot.continuity.model import (
    Decision,
    Do,
    Event,
    OutOfTurn,
    Rules,
    Say,
    State,
    Withdraw,
    decide,
    expect,
    move,
    sentence,
)
from continuitybot.continuity.plan import Evidence, Position
from continuitybot.continuity.returning import on_reverted, timers

SWITCHING = (State.APPLYING, State.ROLLING_BACK, State.FAILING_BACK)


def on_approved(event: Event, by: str, name: str, now: datetime) -> Decision:
    """A second person (handle and name) agreed to the plan; it is applied at its start."""
    expect(event, State.PLANNED, act="be approved")
    wait = max(timedelta(), event.start - now)
    when = f"starts at {event.start:%Y-%m-%d %H:%M} UTC" if wait else "starts now"
    return decide(
        move(event, State.APPROVED, approver=by),
        Say("approved", f"{name} approved {event.ref}; it {when}."),
        Do("start", after=wait),
    )


def on_not_approved(event: Event, how: str) -> Decision:
    """The approval was rejected, expired or voided: the plan will not be applied."""
    expect(event, State.PLANNED, act="lose its approval")
    text = f"{event.ref} is cancelled: its approval was {how}. Nothing was changed."
    return decide(move(event, State.CANCELLED, why=how), Say("cancelled", text))


def on_cancelled(event: Event, name: str, why: str) -> Decision:
    """A person withdrew the event before it was applied."""
    expect(event, State.PLANNED, State.APPROVED, act="be cancelled")
    text = f"{name} cancelled {event.ref}{f': {why}' if why else ''}. Nothing was changed."
    waiting = Withdraw("the event was cancelled") if event.state is State.PLANNED else None
    return decide(move(event, State.CANCELLED, why=why), waiting, Say("cancelled", text))


def on_start(event: Event) -> Decision:
    """The start has come: the provider is asked to switch."""
    expect(event, State.APPROVED, act="start")
    text = f"{event.provider} is routing the mail of {event.where} to the standby."
    return decide(move(event, State.APPLYING), Say("applying", text), Do("apply"))


def on_applied(event: Event) -> Decision:
    """The provider has switched; nothing is believed before canaries went through."""
    expect(event, State.APPLYING, act="be put to the proof")
    text = f"The mail of {event.where} is routed to the standby; canaries are on their way."
    return decide(move(event, State.VERIFYING), Say("verifying", text), Do("verify"))


def on_instructions(event: Event, steps: tuple[str, ...]) -> Decision:
    """The provider is a person: say what to do, and wait until somebody says that it is done."""
    expect(event, *SWITCHING, act="wait for a person")
    text = f"{event.ref} waits for a person: {' '.join(steps)}"
    return decide(replace(event, instructions=steps), Say("instructed", text))


def on_trouble(event: Event, reason: str, *, sure: bool) -> Decision:
    """A switch failed (`sure`), or may have failed: before anything else, look where it stands."""
    expect(event, *SWITCHING, act="fail to switch")
    what = "The switch was refused" if sure else "The outcome of the switch is unknown"
    text = f"{event.ref}: {sentence(reason)} {what}; reading where the routes stand."
    return decide(
        replace(event, why=reason),
        Say(event.state.value, text),
        Do("find_out", payload={"sure": sure}),
    )


def on_position(event: Event, position: Position | None, *, sure: bool, rules: Rules) -> Decision:
    """It is known (or, None, cannot be known) where the routes stand after trouble.

    `sure` means that the request was refused and cannot take effect later; otherwise it is
    repeated, under the same plan id, until the outcome is certain.
    """
    expect(event, State.APPLYING, State.ROLLING_BACK, act="be told where its routes stand")
    if event.state is State.ROLLING_BACK:
        return _position_while_rolling_back(event, position, rules)
    if position is Position.AFTER:
        return on_applied(event)
    if position is Position.NEITHER:
        return roll_back(event, f"Only a part of the switch took effect: {event.why}")
    if position is Position.BEFORE and not sure and event.tries + 1 < rules.attempts:
        again = replace(event, tries=event.tries + 1)
        return decide(again, Do("apply", after=rules.prove_every))
    standing = (
        "The routes are as before."
        if position is Position.BEFORE
        else "Nobody can say whether it took effect: look at the routes yourself."
    )
    text = f"{event.ref} failed: {sentence(event.why)} {standing}"
    return decide(move(event, State.FAILED), Say("failed", text))


def _position_while_rolling_back(event: Event, position: Position | None, rules: Rules) -> Decision:
    if position is Position.BEFORE:
        return on_rolled_back(event)
    if position is not None and event.tries + 1 < rules.attempts:
        again = replace(event, tries=event.tries + 1)
        return decide(again, Do("revert", after=rules.prove_every))
    text = (
        f"{event.ref} failed and could not be taken back: {sentence(event.why)} "
        f"Look at the routes of {event.where} yourself; what undoes the plan: {event.plan.undo}"
    )
    return decide(move(event, State.FAILED), Say("failed", text))


def on_proved(event: Event, evidence: Evidence, now: datetime, rules: Rules) -> Decision:
    """The canaries arrived: only now is the event ACTIVE."""
    expect(event, State.VERIFYING, act="become active")
    active = move(event, State.ACTIVE, evidence=evidence, why="", end=now + event.duration)
    text = (
        f"{event.ref} is ACTIVE: mail of {event.where} flows through the standby, until "
        f"{active.end:%Y-%m-%d %H:%M} UTC. The proof: {evidence}."
    )
    return decide(
        active,
        Say("activated", text),
        Do("watch_primary", after=rules.watch_every),
        *timers(active, now, rules),
    )


def on_not_proved(event: Event, evidence: Evidence, rules: Rules) -> Decision:
    """A proof failed; after too many of them the switch is taken back."""
    expect(event, State.VERIFYING, act="fail its proof")
    tried = replace(event, evidence=evidence, why=evidence.reason, tries=event.tries + 1)
    if tried.tries < rules.attempts:
        return decide(tried, Do("verify", after=rules.prove_every))
    return roll_back(tried, f"The standby did not prove itself: {evidence.reason}")


def roll_back(event: Event, why: str) -> Decision:
    """Take the switch back, because mail must never rest on an unproved standby."""
    text = f"{event.ref} is being taken back. {sentence(why)}"
    return decide(move(event, State.ROLLING_BACK, why=why), Say("rolling_back", text), Do("revert"))


def on_rolled_back(event: Event) -> Decision:
    """The routes are what they were; what the standby took meanwhile is handed over."""
    expect(event, State.ROLLING_BACK, act="be rolled back")
    text = f"{event.ref} was taken back, the routes are as before. {sentence(event.why)}"
    return decide(move(event, State.ROLLED_BACK), Say("rolled_back", text), Do("drain"))


def on_switched_back(event: Event) -> Decision:
    """The routes are what they were: the end of a roll back, or of a fail back's first half."""
    return on_rolled_back(event) if event.state is State.ROLLING_BACK else on_reverted(event)


def on_done_by_hand(event: Event) -> Decision:
    """Somebody says that the instructions are carried out."""
    expect(event, *SWITCHING, act="be confirmed")
    if not event.instructions:
        raise OutOfTurn(f"{event.ref} waits for {event.provider}, not for a person.")
    return on_applied(event) if event.state is State.APPLYING else on_switched_back(event)
