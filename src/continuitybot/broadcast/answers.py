"""What a carrier can answer about a text, and what follows for its delivery. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from continuitybot.broadcast.model import UNSENT, Delivery, DeliveryState, may_become, moved

S = DeliveryState
_LONGEST_PAUSE = 600.0  # a carrier may name any
_STOPPED = "stopped"  # the code of a text that the bot did not come back from


class Verdict(StrEnum):
    """What a carrier's refusal means for the next step.

    `number`: no carrier reaches this number; `opted_out`: its owner wants no texts; `refused`:
    this carrier will not take it, another may; `transient`: later it may work; `other`: neither
    tried again nor given to another carrier, but shown to people.
    """

    NUMBER = "number"
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    TRANSIENT = "transient"
    OTHER = "other"


@dataclass(frozen=True)
class Message:
    """A text as it is handed to a carrier; `reference` names this try of the delivery."""

    reference: str
    to: str
    text: str


@dataclass(frozen=True)
class Report:
    """What a carrier says of one text: it is sent, delivered or failed.

    `sid` is the carrier's name for it, `reference` ours when the carrier repeats it.
    """

    sid: str
    state: DeliveryState
    verdict: Verdict = Verdict.OTHER
    code: str = ""
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True)
class NotTaken:
    """The carrier surely has not taken it, and may later; `pause` in seconds if it named one."""

    reason: str
    code: str = ""
    pause: float | None = None


@dataclass(frozen=True)
class Unclear:
    """Nobody can tell at present whether the carrier has it."""

    reason: str
    can_be_asked: bool = True
    code: str = ""


@dataclass(frozen=True)
class Found:
    """The carrier was asked, and knows these texts with the same words for the same phone."""

    reports: tuple[Report, ...]


@dataclass(frozen=True)
class NeverHad:
    """The carrier was asked and does not know the text."""


Answer = Report | NotTaken | Unclear | NeverHad


@dataclass(frozen=True)
class Rules:
    """How long things may take and how often they are tried.

    After an unclear hand-over the carrier is asked when `settle` has passed, by when it lists
    what it took, and again until `window` has. No hand-over begins later than half of `settle`
    after it was noted, so that none can be under way when the carrier is asked.
    """

    carriers: tuple[str, ...]
    receipt_deadline: timedelta
    settle: timedelta = timedelta(seconds=30)
    window: timedelta = timedelta(minutes=10)
    pauses: tuple[timedelta, ...] = tuple(
        timedelta(seconds=seconds) for seconds in (5, 20, 60, 120, 300)
    )

    @property
    def tries(self) -> int:
        """How often a text is handed over at the most."""
        return len(self.pauses) + 1

    def next_carrier(self, delivery: Delivery) -> str | None:
        """The first carrier that has not refused this text."""
        refused = {*delivery.refused, delivery.carrier}
        return next((name for name in self.carriers if name not in refused), None)

    def pause(self, tries: int) -> timedelta:
        """How long to wait after so many tries."""
        return self.pauses[max(1, min(tries, len(self.pauses))) - 1]


def answered(delivery: Delivery, answer: Answer, now: datetime, rules: Rules) -> Delivery:
    """The delivery after an answer; the same one when it would only go backwards."""
    match answer:
        case Report(state=S.FAILED):
            return _failed(delivery, answer, now, rules)
        case Report():
            return _taken(delivery, answer, now, rules)
        case NotTaken(reason=reason, code=code, pause=pause):
            return _later(delivery, now, rules, reason, code, pause)
        case Unclear():
            return _unclear(delivery, answer, now, rules)
        case NeverHad():
            if delivery.state is S.SENT:
                return _no_receipt(delivery)
            if delivery.code == _STOPPED:  # that was no try: the carrier has not refused it
                return _again(delivery, now, "The bot stopped before it was handed over.", "", 0.0)
            return _later(delivery, now, rules, "The carrier never had it.", "", 0.0)


def abandoned(delivery: Delivery, now: datetime, rules: Rules) -> Delivery:
    """A delivery found in hand-over that nobody performs any more: what became of it is unknown."""
    stopped = Unclear("The bot stopped while it was handed over.", code=_STOPPED)
    return _unclear(delivery, stopped, now, rules)


def message_of(delivery: Delivery) -> Message:
    """The text of the present try."""
    return Message(f"{delivery.key}#{delivery.tries}", delivery.phone, delivery.body)


def is_present_try(delivery: Delivery, carrier: str, report: Report) -> bool:
    """False when a report is about an earlier try, of this carrier or another."""
    tries = report.reference.rpartition("#")[2]
    return (
        carrier == delivery.carrier
        and tries in {"", str(delivery.tries)}
        and delivery.sid in {"", report.sid}
    )


def about(delivery: Delivery, found: Found, claimed: frozenset[str]) -> Answer:
    """The answer for this delivery among what the carrier knows of its text and phone.

    `claimed` are the carrier's names of texts that are known to be other deliveries, which may
    have had the same words for the same phone.
    """
    for report in found.reports:
        if report.sid == delivery.sid or (not delivery.sid and report.sid not in claimed):
            return report
    return NeverHad()


def _taken(delivery: Delivery, report: Report, now: datetime, rules: Rules) -> Delivery:
    if may_become(delivery, report.state):
        due = now + rules.receipt_deadline if report.state is S.SENT else None
        taken = moved(delivery, report.state, now, due=due)
        return replace(taken, sid=report.sid or delivery.sid)
    if delivery.state is S.SENT and report.sid == delivery.sid and _is_past(delivery, now):
        return _no_receipt(delivery)
    return delivery


def _failed(delivery: Delivery, report: Report, now: datetime, rules: Rules) -> Delivery:
    if not may_become(delivery, S.FAILED) or delivery.state in UNSENT:
        return delivery  # told twice: that try has ended already
    if report.verdict is Verdict.TRANSIENT:
        return _later(delivery, now, rules, report.reason, report.code, None)
    if report.verdict is Verdict.REFUSED:
        return _elsewhere(delivery, now, rules, report.reason, report.code)
    failed = moved(delivery, S.FAILED, now, code=report.code, reason=report.reason)
    return replace(failed, sid=report.sid or delivery.sid)


def _later(
    delivery: Delivery, now: datetime, rules: Rules, reason: str, code: str, pause: float | None
) -> Delivery:
    if not may_become(delivery, S.RETRYING):
        return delivery
    if delivery.tries >= rules.tries:
        given_up = f"{reason} Given up after {delivery.tries} tries."
        return _elsewhere(delivery, now, rules, given_up, code)
    if pause is None:
        pause = rules.pause(delivery.tries).total_seconds()
    return _again(delivery, now, reason, code, pause)


def _again(delivery: Delivery, now: datetime, reason: str, code: str, pause: float) -> Delivery:
    if not may_become(delivery, S.RETRYING):
        return delivery
    due = now + timedelta(seconds=min(pause, _LONGEST_PAUSE))
    return replace(moved(delivery, S.RETRYING, now, due=due, code=code, reason=reason), sid="")


def _elsewhere(delivery: Delivery, now: datetime, rules: Rules, reason: str, code: str) -> Delivery:
    carrier = rules.next_carrier(delivery)
    if carrier is None:
        return moved(delivery, S.FAILED, now, code=code, reason=reason)
    waiting = moved(delivery, S.RETRYING, now, due=now, code=code, reason=reason)
    refused = (*delivery.refused, delivery.carrier)
    return replace(waiting, carrier=carrier, refused=refused, tries=0, sid="")


def _unclear(delivery: Delivery, answer: Unclear, now: datetime, rules: Rules) -> Delivery:
    if delivery.state is S.SENT:
        return _no_receipt(delivery)
    begun = delivery.asked_from or now
    in_time = answer.can_be_asked and now < begun + rules.window
    due = max(now, begun) + rules.settle if in_time else None
    if delivery.state is S.UNKNOWN:
        return replace(delivery, due=due, reason=answer.reason)
    if not may_become(delivery, S.UNKNOWN):
        return delivery
    return moved(delivery, S.UNKNOWN, now, due=due, code=answer.code, reason=answer.reason)


def _no_receipt(delivery: Delivery) -> Delivery:
    return replace(delivery, due=None, reason="No receipt came.")


def _is_past(delivery: Delivery, now: datetime) -> bool:
    return delivery.due is not None and delivery.due <= now
