"""Names to answers: by the machine's own resolver, or by name servers that are named."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.nameserver import Do53Nameserver

from continuitybot.mailflow.model import Hop
from continuitybot.mailflow.walk import HopFailed, Unable


async def addresses_of(host: str, nameservers: Sequence[str] = ()) -> tuple[str, ...]:
    """The addresses of a host, IPv4 first. Raises HopFailed at the hop dns, or Unable."""
    if _is_address(host):
        return (host,)
    if not nameservers:
        return await _by_machine(host)
    found: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            found += [record.to_text() for record in await look_up(host, kind, nameservers)]
        except HopFailed as failure:
            if failure.code != "no_answer":
                raise
    if not found:
        raise HopFailed(Hop.DNS, "no_answer", f"{host} has no address.")
    return tuple(found)


async def look_up(name: str, kind: str, nameservers: Sequence[str] = ()) -> dns.resolver.Answer:
    """The records of one kind that a name has. Raises HopFailed at the hop dns, or Unable.

    How long it may take is the caller's deadline.
    """
    resolver = _resolver(nameservers)
    try:
        return await resolver.resolve(name, kind, lifetime=3600)
    except dns.resolver.NXDOMAIN as error:
        raise HopFailed(Hop.DNS, "nxdomain", f"{name} does not exist.") from error
    except dns.resolver.NoAnswer as error:
        raise HopFailed(Hop.DNS, "no_answer", f"{name} has no {kind} record.") from error
    except dns.resolver.NoNameservers as error:
        raise HopFailed(
            Hop.DNS, "servfail", f"The name servers cannot answer for {name}."
        ) from error
    except dns.exception.DNSException as error:
        raise HopFailed(Hop.DNS, "bad_name", f"{name} cannot be looked up: {error}") from error


def _resolver(nameservers: Sequence[str]) -> dns.asyncresolver.Resolver:
    if not nameservers:
        try:
            return dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration as error:
            raise Unable("This machine knows no name server.", code="local") from error
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [_nameserver(text) for text in nameservers]
    return resolver


def _nameserver(text: str) -> Do53Nameserver:
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return Do53Nameserver(host, int(port))
    return Do53Nameserver(text)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _by_machine(host: str) -> tuple[str, ...]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            raise HopFailed(Hop.DNS, "nxdomain", f"{host} does not exist.") from error
        raise HopFailed(Hop.DNS, "servfail", f"Nobody could say where {host} is.") from error
    addresses = [str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0])]
    return tuple(dict.fromkeys(addresses))
