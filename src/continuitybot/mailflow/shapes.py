"""The shapes in which mail fails: what each looks like, in words, and whose side it is on.

The words follow the check's title: `Primary refuses connections`. `{code}` is the reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from continuitybot.mailflow.model import Hop, Observation


class Side(StrEnum):
    """Who has to mend it."""

    OURS = "ours"
    PROVIDERS = "provider's"
    NETWORK = "network"
    SENDERS = "sender's"


@dataclass(frozen=True)
class Shape:
    """One shape of failure: the hops and codes that it is known by, its words and its side.

    `outbound_side` is set where the side depends on which way the mail goes.
    """

    hops: frozenset[Hop | None]
    code: re.Pattern[str]
    words: str
    side: Side
    outbound_side: Side | None = None


def shape_of(observation: Observation) -> Shape:
    """The first shape that a bad observation has."""
    return next(
        shape
        for shape in SHAPES
        if observation.hop in shape.hops and shape.code.fullmatch(observation.code)
    )


def _shape(
    hops: frozenset[Hop | None], code: str, words: str, side: Side, outbound: Side | None = None
) -> Shape:
    return Shape(hops, re.compile(code), words, side, outbound)


def _at(*hops: Hop | None) -> frozenset[Hop | None]:
    return frozenset(hops)


_ANYWHERE = frozenset({*Hop, None})
_MESSAGE = _at(Hop.MAIL, Hop.RCPT, Hop.DATA)
_LATER = r"4\d\d.*"
_NEVER = r"5\d\d.*"

SHAPES: tuple[Shape, ...] = (
    _shape(_ANYWHERE, "slow", "delivers late", Side.PROVIDERS),
    _shape(_ANYWHERE, "tarpit", "answers so slowly that nothing gets through", Side.PROVIDERS),
    _shape(_ANYWHERE, "malformed", "answers something that is not SMTP", Side.PROVIDERS),
    _shape(_at(Hop.DNS), "nxdomain", "does not exist in DNS", Side.OURS),
    _shape(_at(Hop.DNS), "no_answer", "has no mail server in DNS", Side.OURS),
    _shape(_at(Hop.DNS), "null_mx", "says in DNS that it takes no mail", Side.OURS),
    _shape(_at(Hop.DNS), "mx_changed", "has other mail servers in DNS than it should", Side.OURS),
    _shape(_at(Hop.DNS), "servfail", "cannot be looked up: its name servers fail", Side.PROVIDERS),
    _shape(_at(Hop.DNS), "timeout", "cannot be looked up: no name server answers", Side.NETWORK),
    _shape(_at(Hop.CONNECT), "refused", "refuses connections", Side.PROVIDERS),
    _shape(_at(Hop.CONNECT), "timeout|unreachable", "cannot be reached", Side.NETWORK),
    _shape(_at(Hop.BANNER), "timeout", "accepts connections and then says nothing", Side.PROVIDERS),
    _shape(_at(Hop.BANNER), "eof", "closes every connection without a word", Side.PROVIDERS),
    _shape(_at(Hop.BANNER), r"5\d\d 5\.7\.\d+", "turns us away with {code}", Side.SENDERS),
    _shape(_at(Hop.BANNER), _LATER, "turns connections away for now with {code}", Side.PROVIDERS),
    _shape(_at(Hop.BANNER), _NEVER, "turns connections away with {code}", Side.PROVIDERS),
    _shape(_at(Hop.EHLO), r"\d{3}.*", "does not take our greeting: {code}", Side.PROVIDERS),
    _shape(_at(Hop.STARTTLS), "not_offered", "offers no encryption any more", Side.PROVIDERS),
    _shape(_at(Hop.STARTTLS), "expired", "shows a certificate that has expired", Side.PROVIDERS),
    _shape(
        _at(Hop.STARTTLS), "wrong_name", "shows a certificate of another name", Side.PROVIDERS
    ),
    _shape(
        _at(Hop.STARTTLS), "untrusted|not_yet_valid",
        "shows a certificate that cannot be trusted", Side.PROVIDERS,
    ),
    _shape(_at(Hop.STARTTLS), r"\d{3}.*", "refuses encryption with {code}", Side.PROVIDERS),
    _shape(_at(Hop.STARTTLS), ".*", "cannot agree on encryption with us", Side.PROVIDERS),
    _shape(_at(Hop.AUTH), _NEVER, "refuses our sign-in with {code}", Side.OURS),
    _shape(_at(Hop.AUTH), "not_offered", "offers us no way to sign in", Side.OURS),
    _shape(_at(Hop.AUTH), _LATER, "cannot check sign-ins, with {code}", Side.PROVIDERS),
    _shape(
        _MESSAGE, _LATER, "accepts connections but defers every message with {code}",
        Side.PROVIDERS,
    ),
    _shape(
        _MESSAGE, r"5\d\d 5\.7\.\d+", "accepts connections but refuses this sender with {code}",
        Side.SENDERS, outbound=Side.OURS,
    ),
    _shape(
        _at(Hop.RCPT), r"5\d\d 5\.1\.\d+", "does not know the recipient any more: {code}",
        Side.OURS, outbound=Side.PROVIDERS,
    ),
    _shape(
        _at(Hop.RCPT, Hop.DATA), r"552.*|5\d\d 5\.2\.2", "says that the mailbox is full: {code}",
        Side.OURS,
    ),
    _shape(
        _MESSAGE, _NEVER, "accepts connections but rejects every message with {code}",
        Side.PROVIDERS,
    ),
    _shape(
        _at(Hop.DATA), "dropped",
        "breaks off after every message, which it may have taken", Side.PROVIDERS,
    ),
    _shape(_at(Hop.MAILBOX), "lost", "accepts messages that never arrive", Side.PROVIDERS),
    _shape(
        _at(Hop.MAILBOX), "junk", "delivers into the junk folder", Side.PROVIDERS,
        outbound=Side.OURS,
    ),
    _shape(_at(Hop.MAILBOX), "login", "refuses our sign-in to the mailbox", Side.OURS),
    _shape(_at(Hop.MAILBOX), ".*", "takes mail, but its mailbox cannot be opened", Side.PROVIDERS),
    _shape(_at(None), r"\d{3}", "answers with {code}", Side.PROVIDERS),
    _shape(_at(None), "other_text", "shows another page than it should", Side.PROVIDERS),
    _shape(_ANYWHERE, "timeout", "stops answering in the middle, at {hop}", Side.PROVIDERS),
    _shape(_ANYWHERE, "eof", "breaks off in the middle, at {hop}", Side.PROVIDERS),
    _shape(_ANYWHERE, "not_offered", "does not offer what is needed at {hop}", Side.PROVIDERS),
    _shape(_ANYWHERE, ".*", "fails at {hop}", Side.PROVIDERS),
)  # fmt: skip
