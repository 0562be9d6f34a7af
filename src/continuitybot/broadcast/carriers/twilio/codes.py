"""What Twilio's error codes mean for the next step; the table is `codes.csv`."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

from continuitybot.broadcast.answers import Verdict

_NUMBER = re.compile(r"\+?\d{6,}")  # its messages quote phones, and reasons reach timelines


@cache
def table() -> dict[str, tuple[Verdict, str]]:
    """Verdict and meaning by code."""
    text = resources.files(__package__).joinpath("codes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: (Verdict(row["verdict"]), row["meaning"]) for row in rows}


def meaning_of(code: str, said: str = "") -> tuple[Verdict, str]:
    """The verdict on a code and a sentence for people; `said` is what Twilio wrote."""
    known = table().get(code)
    if known is not None:
        return known
    words = _NUMBER.sub("…", said) or "no reason"
    return Verdict.OTHER, f"Twilio refused it with {code or 'no code'}: {words}"
