"""Does the world find the mail servers of a domain: its MX records, against those expected."""

from __future__ import annotations

from continuitybot.mailflow.model import Hop, Observation, State
from continuitybot.mailflow.resolve import look_up
from continuitybot.mailflow.vantage import Vantage
from continuitybot.mailflow.walk import HopFailed, Seen, Walk, walked
from continuitybot.settings.mailflow import DnsCheck


async def probe(check: DnsCheck, vantage: Vantage) -> Observation:
    """Look up the MX records of the check's domain."""
    began = vantage.clock.now()

    async def look(walk: Walk) -> Seen:
        async with walk.step(Hop.DNS):
            answer = await look_up(check.domain, "MX", check.nameservers)
        found = {record.exchange.to_text(omit_final_dot=True).lower() for record in answer}
        _compare(check, found)
        return Seen(State.OK, walk.elapsed(), Hop.DNS)

    seen = await walked(Walk(check.failed_after.total_seconds()), look)
    return seen.of(check.name, began, vantage.name)


def _compare(check: DnsCheck, found: set[str]) -> None:
    if found <= {"", "@", "."}:  # RFC 7505
        raise HopFailed(Hop.DNS, "null_mx", f"{check.domain} says that it takes no mail.")
    expected = {name.rstrip(".").lower() for name in check.expected_mx}
    if expected and found != expected:
        text = f"The MX records are {_words(found)}; expected {_words(expected)}."
        raise HopFailed(Hop.DNS, "mx_changed", text)


def _words(names: set[str]) -> str:
    return ", ".join(sorted(names))
