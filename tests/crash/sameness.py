"""What differs between two plays that nobody has disturbed, taken out."""

from __future__ import annotations

import re

# Codes, latencies, times of day, the names that a lab gives itself.
_BY_CHANCE = re.compile(
    r"\b\d{6}\b|\b[\d.]+ s\b|[\d-]+ [\d:]+ UTC|took \d+, \d+ delivered, \d+ outstanding"
    r"|127\.0\.0\.1(?::|%3A)\d+|\b[0-9A-Za-z]{30,}\b|key=[^\s&]+"
)
# Whoever is asked to approve by text answers 1 by habit, before a broadcast leaves or after.
_ANSWERED = re.compile(r", \d+ answered safe")

# The one doubt that a crash must leave; somebody is told, and the people of the plot look into it.
PUT_TO_A_PERSON = "The bot stopped during POST"


def same(text: str) -> str:
    """The text, with a mark where chance was."""
    return _BY_CHANCE.sub("…", _ANSWERED.sub("", text))
