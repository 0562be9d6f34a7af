"""Which provider, and which domains: chosen from what people typed, or from the settings."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from continuitybot.continuity.model import HOLDING, Event
from continuitybot.continuity.plan import Scope
from continuitybot.errors import NotFound, Refused
from continuitybot.settings.continuity import AnyProvider, ContinuitySettings


def choose_provider(settings: ContinuitySettings, name: str | None) -> AnyProvider:
    """The provider of that name, or the default one. Raises Refused, NotFound."""
    if not settings.providers:
        raise Refused(
            "No provider is configured, so there is nothing to switch the mail with.",
            remedy="Add one under continuity.providers.",
        )
    wanted = name or settings.default_provider or settings.providers[0].name
    for provider in settings.providers:
        if provider.name == wanted:
            return provider
    names = [provider.name for provider in settings.providers]
    raise NotFound(f"There is no provider {wanted}.", remedy=_suggest(wanted, names))


def choose_scope(
    provider: AnyProvider, wanted: Sequence[str], protected: Sequence[str], *, drill: bool
) -> Scope:
    """The domains to switch; a drill gets pilot domains and nothing else.

    Raises: Refused when the provider has no pilot domains, NotFound for a domain it cannot switch.
    """
    if drill and not provider.pilot_domains:
        raise Refused(
            f"Drills cannot use {provider.name}: it has no pilot domains.",
            remedy="Give it pilot_domains in the settings; a drill switches only those.",
        )
    able = provider.pilot_domains if drill else provider.domains or tuple(protected)
    chosen = tuple(dict.fromkeys(domain.strip().lower().rstrip(".") for domain in wanted)) or able
    for domain in chosen:
        if domain not in able:
            kind = "a pilot domain of" if drill else "a domain that can be switched with"
            raise NotFound(
                f"{domain} is not {kind} {provider.name}.", remedy=_suggest(domain, able)
            )
    if not chosen:
        raise Refused(
            f"{provider.name} has no domain to switch.", remedy="Name the organisation's domains."
        )
    return Scope(chosen, drill)


def refuse_second(scope: Scope, open_events: Sequence[Event]) -> None:
    """Raises Refused when another event has one of the domains already."""
    for event in open_events:
        shared = [domain for domain in scope.domains if domain in event.domains]
        if shared and event.state in HOLDING:
            raise Refused(
                f"{event.ref} already has the mail of {shared[0]}; it is "
                f"{event.state.value.replace('_', ' ')}.",
                remedy=f"Go on with {event.ref}, or cancel it or fail it back first.",
            )


def _suggest(wanted: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
