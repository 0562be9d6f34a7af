"""The sentences about an incident: on a timeline, on a card, and on a phone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from continuitybot.broadcast.text import Encoding, measure
from continuitybot.incidents.ladder import Reason
from continuitybot.incidents.model import Alert, Incident
from continuitybot.incidents.moments import in_words

SEGMENT = 160

_TITLES = {
    "inbound": "Inbound mail is failing",
    "outbound": "Outbound mail is failing",
    "both": "Mail is failing in both directions",
    "": "A mail service is failing",
}
_CHANNELS = {"chat": "chat", "sms": "SMS", "email": "alternate e-mail"}
_REASONS = {
    Reason.BEGUN: "",
    Reason.REPEATED: " again, since nobody has acknowledged",
    Reason.UNANSWERED: ", since nobody has acknowledged",
    Reason.UNREACHED: ", since nobody before could be reached",
}


def title_of(direction: str) -> str:
    """What an incident is called that begins with an alert in this direction."""
    return _TITLES.get(direction, _TITLES[""])


def opened(incident: Incident) -> str:
    """`INC-7 (sev1) opened: Inbound mail is failing. <diagnosis>`"""
    words = f"{incident.ref} ({incident.severity}) opened: {incident.title}."
    return f"{words} {incident.summary}".strip()


def alert_opened(alert: Alert) -> str:
    """`Check inbound-mail fails: <diagnosis>`, which says since when."""
    if alert.diagnosis:
        return f"Check {alert.check} fails: {alert.diagnosis}"
    return f"Check {alert.check} has been failing since {alert.since:%H:%M} UTC."


def joined(before: Incident, after: Incident) -> str:
    """What one more alert makes of an incident; "" when nothing but one more alert."""
    if after.severity.worse_than(before.severity):
        return f"{after.ref} is now {after.severity}: {title_of(after.direction).lower()}."
    if before.recovered is not None:
        calm = in_words(after.alerts[-1].opened - before.recovered)
        return f"{after.ref}: the fault is back, {calm} after the recovery."
    return ""


def paged(names: Sequence[str], channels: Sequence[str], reason: Reason) -> str:
    """`Paged Alice Brandt and Bob Okafor by chat and SMS, since nobody has acknowledged.`"""
    if not names:
        return "Nobody can be paged: no one on the ladder and no admin has a channel that works."
    ways = listed([_CHANNELS.get(channel, channel) for channel in channels])
    return f"Paged {listed(names)} by {ways}{_REASONS[reason]}."


def page_failed(name: str, channel: str, reason: str) -> str:
    """`The page to Alice Brandt by SMS failed: the number does not exist.`"""
    words = f"The page to {name} by {_CHANNELS.get(channel, channel)} failed"
    return f"{words}: {reason}" if reason else f"{words}."


def page_text(incident: Incident, zone: tzinfo) -> str:
    """What a phone shows, in one SMS: what, since when (in the reader's zone), how to answer."""
    since = clock_time(incident.fault_since, zone)
    head = f"{incident.kind} {incident.ref} {incident.severity.upper()}: {incident.title}"
    answer = f"Reply ACK {incident.number}"
    room = SEGMENT - len(f"{head} since {since}. {answer}") - 1
    detail = shortened(plain(incident.summary), room)
    words = f"{plain(head)} since {since}. {detail}".strip()
    return f"{shortened(words, SEGMENT - len(answer) - 1)} {answer}"


def with_link(text: str, link: str) -> str:
    """The text and, on a line of its own, where to go on: a link is never cut."""
    return f"{text}\n{link}" if link else text


def plain(text: str) -> str:
    """The text in characters every phone has in one segment; what has no likeness becomes `?`."""
    one_line = " ".join(text.split())
    measured = measure(one_line)
    if measured.encoding is Encoding.GSM_7:
        return one_line
    if measured.suggestion:
        return measured.suggestion
    culprits = set(measured.culprits)
    return "".join(_likeness(c) if c in culprits else c for c in one_line)


def shortened(text: str, room: int) -> str:
    """At most `room` characters, cut between words and marked with dots; "" when too little."""
    if len(text) <= room:
        return text
    cut = text[: max(room - 2, 0)].rpartition(" ")[0].rstrip(" ,;:.")
    return f"{cut}..." if cut else ""


def clock_time(at: datetime, zone: tzinfo) -> str:
    """`10:12 CET`"""
    return f"{at.astimezone(zone):%H:%M %Z}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`"""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _likeness(character: str) -> str:
    return measure(character).suggestion or "?"
