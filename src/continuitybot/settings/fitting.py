"""What is wrong between sections that are each well by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.settings.continuity import ContinuitySettings
from continuitybot.settings.incidents import EmailRelaySettings
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings, RoundTripCheck
from continuitybot.settings.organisation import OrganisationSettings
from continuitybot.settings.readiness import DrillSettings
from continuitybot.sourcefile import Loc, suggestion


@dataclass(frozen=True)
class Misfit:
    """A value that does not fit another section: its path, what it is, and the remedy."""

    loc: Loc
    what: str
    remedy: str = ""


def misfits(sections: Mapping[str, Any]) -> Iterator[Misfit]:
    """Every one between the sections that there are, by their names at the root."""
    for needed, rule in _RULES:
        if all(name in sections for name in needed):
            yield from rule(*(sections[name] for name in needed))


def _names(checks: Sequence[CheckSettings], drills: Sequence[DrillSettings]) -> Iterator[Misfit]:
    for section, named in (("checks", checks), ("drills", drills)):
        seen: set[str] = set()
        for index, one in enumerate(named):
            if one.name in seen:
                what = "is the name of another one as well"
                yield Misfit((section, index, "name"), what, "Rename one: reports go by names.")
            seen.add(one.name)


def _routes(checks: Sequence[CheckSettings], mailflow: MailflowSettings) -> Iterator[Misfit]:
    for index, check in enumerate(checks):
        if isinstance(check, RoundTripCheck) and check.route not in mailflow.routes:
            remedy = suggestion(check.route, mailflow.routes)
            yield Misfit(("checks", index, "route"), "is not written in mailflow.routes", remedy)


def _domains(
    organisation: OrganisationSettings, continuity: ContinuitySettings
) -> Iterator[Misfit]:
    ours = organisation.domains
    for index, provider in enumerate(continuity.providers):
        loc = ("continuity", "providers", index)
        for place, domain in enumerate(provider.domains):
            if domain not in ours:
                what = "is not a domain of the organisation"
                yield Misfit((*loc, "domains", place), what, suggestion(domain, ours))
        for place, domain in enumerate(provider.pilot_domains):
            if domain in ours:
                yield Misfit(
                    (*loc, "pilot_domains", place),
                    "is a domain of the organisation: a drill would move its real mail",
                    "Name a domain that is kept for drills.",
                )


def _relay(
    organisation: OrganisationSettings, email_relay: EmailRelaySettings | None
) -> Iterator[Misfit]:
    if email_relay is None:
        return
    domain = email_relay.sender.rpartition("@")[2].lower()
    for ours in organisation.domains:
        if domain == ours or domain.endswith(f".{ours}"):
            yield Misfit(
                ("email_relay", "from"),
                f"is inside {ours}: its pages would fail together with the mail",
                "Write an address of a domain that is not protected.",
            )


def _languages(broadcast: BroadcastSettings) -> Iterator[Misfit]:
    for name, texts in broadcast.templates.items():
        if broadcast.default_language not in texts:
            yield Misfit(
                ("broadcast", "templates", name),
                f"has no text in {broadcast.default_language}, the default language",
                "Add one: it goes to everybody whose own language is not there.",
            )


# The sections each rule needs, in the order of its arguments.
_RULES: tuple[tuple[tuple[str, ...], Callable[..., Iterator[Misfit]]], ...] = (
    (("checks", "drills"), _names),
    (("checks", "mailflow"), _routes),
    (("organisation", "continuity"), _domains),
    (("organisation", "email_relay"), _relay),
    (("broadcast",), _languages),
)
