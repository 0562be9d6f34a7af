"""What people answer, read as they meant it: by id, by label, by number, in any case."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping

from continuitybot.errors import Refused
from continuitybot.settings.values import format_duration, parse_duration

YES_NO: Mapping[str, str] = {"yes": "Yes", "no": "No"}
_SHORT = {"y": "yes", "n": "no"}
LONGEST = 2_000

# An answer that would do, by the type of the question.
SAMPLES: Mapping[str, str] = {"text": "some words", "number": "12", "duration": "1h30m"}


def read_choice(text: str, choices: Mapping[str, str]) -> str:
    """The id of what was chosen (`choices`: id -> label). Raises Refused, with what would do."""
    wanted = " ".join(text.split()).casefold()
    by_word = {label.casefold(): id for id, label in choices.items()}
    by_word |= {id.casefold(): id for id in choices}
    if choices is YES_NO:
        by_word |= _SHORT
    if wanted in by_word:
        return by_word[wanted]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:4]) <= len(choices):
        return list(choices)[int(wanted[:4]) - 1]
    near = difflib.get_close_matches(wanted, by_word, n=1)
    remedy = f"Did you mean `{by_word[near[0]]}`?" if near else f"Answer {listed(choices)}."
    raise Refused(f"`{text[:60]}` is not an answer to this question.", remedy=remedy)


def listed(choices: Mapping[str, str]) -> str:
    """All that can be chosen: `invoke (Invoke now) or wait`."""
    words = [id if label.casefold() == id else f"{id} ({label})" for id, label in choices.items()]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def read_typed(text: str, type: str) -> str | int | float:
    """A written answer of that type. Raises Refused, with an example of one."""
    value = text.strip()
    if not value:
        raise Refused("There is no answer.", remedy=f"Write {SAMPLES[type]!r}, for example.")
    if len(value) > LONGEST:
        raise Refused(f"The answer is longer than {LONGEST} characters.", remedy="Use fewer.")
    try:
        return {"number": _number, "duration": _duration}.get(type, str)(value)
    except ValueError as error:
        what = f"`{value[:60]}` is not a {type}"
        raise Refused(f"{what}.", remedy=f"Write one such as {SAMPLES[type]}.") from error


def _number(text: str) -> int | float:
    number = float(text.replace(",", ".") if text.count(",") == 1 else text)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return int(number) if number.is_integer() else number


def _duration(text: str) -> str:
    return format_duration(parse_duration(text))
