"""What can be said to the bot."""

from __future__ import annotations

from collections.abc import Mapping

from continuitybot.chat.message import Card, Span, Table
from continuitybot.chat.verbs import VERBS, Verb
from continuitybot.people.authority import ACTS, may
from continuitybot.people.model import Person

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "See": ("status", "incidents", "incident", "events", "broadcasts", "runs", "readiness"),
    "Respond": ("declare", "ack", "note", "update", "mute", "unmute", "close", "report"),
    "Move mail": ("invoke", "approve", "reject", "extend", "failback", "confirm"),
    "Tell people": ("broadcast", "stop", "audiences", "people", "oncall"),
    "Runbooks": ("runbooks", "run", "answer", "pause", "resume", "cancel", "checklist"),
}


def help_card(person: Person) -> Card:
    """The verbs that matter most, by what they are for."""
    rows = tuple(
        (group, ", ".join(name for name in names if _open_to(VERBS[name], person)))
        for group, names in _GROUPS.items()
    )
    return Card(
        headline="What can be said",
        table=Table(("For", "Verbs"), rows),
        footer=("One verb in full: ", Span("help invoke", "code")),
    )


def verb_card(verb: Verb, person: Person) -> Card:
    """One verb: how it is written, what it does, who may."""
    needs = "" if _open_to(verb, person) else f"{ACTS[verb.act].doing} is not yours to do."
    hints = tuple((argument.usage, argument.hint) for argument in verb.arguments if argument.hint)
    return Card(
        headline=verb.name,
        text=tuple(
            line for line in (f"{verb.summary}.", (Span(verb.usage, "code"),), needs) if line
        ),
        table=Table(("Argument", "Means"), hints) if hints else None,
    )


def _open_to(verb: Verb, person: Person) -> bool:
    return not verb.act or may(person, verb.act)
