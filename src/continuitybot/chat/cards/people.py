"""The directory, who is on call, who one is, and the record of what people did."""

from __future__ import annotations

from collections.abc import Sequence

from continuitybot.audit import Entry
from continuitybot.chat.cards.phrases import fact, facts
from continuitybot.chat.message import Card, Moment, Table
from continuitybot.people.authority import ACTS, may
from continuitybot.people.model import Audience, Person, short_phone
from continuitybot.people.roster import Roster
from continuitybot.settings.people import OncallSettings
from continuitybot.settings.values import format_duration


def whoami_card(person: Person, platform: str) -> Card:
    """Who the bot takes somebody for, and what they may do."""
    acts = [act for act in ACTS if may(person, act)]
    accounts = ", ".join(sorted(f"{one.platform} {one.user}" for one in person.identities))
    return Card(
        headline=person.name,
        state=person.handle,
        facts=facts(
            fact("Here through", platform),
            fact("Roles", ", ".join(sorted(person.roles)) or "none"),
            fact("May", ", ".join(acts) or "nothing"),
            fact("E-mail", person.email),
            fact("Alternate e-mail", person.alternate_email or "none"),
            fact("Phone", short_phone(person.phone) if person.phone else "none"),
            fact("Accounts", accounts),
        ),
        text=("Your phone has opted out of texts: send START to be paged by SMS again.",)
        if person.opted_out
        else (),
    )


def people_card(people: Sequence[Person]) -> Card:
    """Everybody, and what they are trusted with."""
    rows = tuple(
        (
            one.name,
            one.handle,
            ", ".join(sorted(one.roles)),
            one.site,
            _reach(one),
        )
        for one in people
    )
    return Card("People", table=Table(("Name", "Handle", "Roles", "Site", "Phone"), rows))


def oncall_card(oncall: OncallSettings, rungs: Sequence[Audience]) -> Card:
    """The ladder, rung by rung, with the people it means now."""
    rows = tuple(
        (
            str(number),
            ", ".join(person.name for person in audience.people) or "nobody",
            ", ".join(rung.channels),
            format_duration(rung.wait),
        )
        for number, (rung, audience) in enumerate(zip(oncall.ladder, rungs, strict=True), 1)
    )
    return Card(
        "On call",
        table=Table(("Rung", "Who", "Paged by", "Then wait"), rows),
        footer=f"Repeated every {format_duration(oncall.repeat)} until somebody acknowledges.",
    )


def audiences_card(audiences: Sequence[tuple[str, int]]) -> Card:
    """Who can be sent a broadcast."""
    rows = tuple((name, str(count)) for name, count in audiences)
    return Card("Audiences", table=Table(("Audience", "People"), rows))


def audit_card(entries: Sequence[Entry], roster: Roster) -> Card:
    """The newest entries of the record."""
    rows = tuple(
        (
            (Moment(one.at),),
            roster.name(one.who),
            one.verb,
            one.ref,
            one.outcome if one.outcome != "done" else "",
            one.text,
        )
        for one in entries
    )
    columns = ("When", "Who", "Verb", "About", "Outcome", "What")
    return Card("Audit", state=f"newest {len(rows)}", table=Table(columns, rows))


def _reach(person: Person) -> str:
    if not person.phone:
        return "none"
    return f"{short_phone(person.phone)}{' (opted out)' if person.opted_out else ''}"
