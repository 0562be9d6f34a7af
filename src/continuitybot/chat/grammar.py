"""The grammar: one typed line in, one checked command out. Every platform speaks it.

Buttons carry lines of it and forms complete them, so there is one way in. `parse` raises Refused
and nothing else, whatever it is given.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from continuitybot.chat.reading import Missing, Reading, form_of, or_list
from continuitybot.chat.verbs import ALIASES, VERBS, Verb
from continuitybot.chat.words import Word, quote, split, visible
from continuitybot.errors import Refused

__all__ = ["VERBS", "Missing", "Parsed", "fill", "form_of", "parse", "parse_sms", "quote"]

LONGEST = 8_000
_ADDRESS = re.compile(r"^(?:@continuitybot\b[:,]?|/continuity\b)\s*", re.IGNORECASE)
_RUN = re.compile(r"(?:(RUN|DRILL)-?)?([0-9]{1,9})", re.IGNORECASE)
_SMS_USAGE = (
    "Send STATUS, MINE, ACK 7, DONE 3 item, ANSWER 3 choice, APPROVE 3 123456, INVOKE 123456."
)


@dataclass(frozen=True)
class Parsed:
    """A checked command. `args` holds every argument of the verb by its name.

    Absent ones are None, `()` (many), `{}` (inputs) or False (flag). References are `INC-7`,
    durations timedelta, everything else text.
    """

    verb: str
    args: dict[str, Any]


def parse(line: str) -> Parsed:
    """The command in a line. Raises Refused, with the nearest that would do; or Missing."""
    text = _ADDRESS.sub("", visible(line), count=1)
    if len(text) > LONGEST:
        raise Refused(f"That is longer than {LONGEST} characters.", remedy="Say it in fewer.")
    words = split(text)
    if not words:
        raise Refused("There is no command.", remedy="Send help to see what can be said.")
    verb, rest = _verb(words)
    return Parsed(verb.name, Reading(verb, text).arguments(rest))


def parse_sms(text: str) -> Parsed:
    """The few commands that work by text message. Raises Refused with what would do.

    What follows the run of `done` and `answer` is in `words`: only the run knows what it means.
    """
    words = visible(text).split()
    match [words[0].lower() if words else "", *words[1:]]:
        case ["status"]:
            return parse("status")
        case ["ack", ref]:
            return parse(f"ack {quote(ref)}")
        case ["approve", ref, code]:
            subject = f"EVT-{ref}" if ref.isascii() and ref.isdigit() else ref
            return parse(f"approve {quote(subject)} {quote(code)}")
        case ["mine" | "tasks"]:
            return parse("mine")
        case ["done" | "answer" as verb, ref, *rest] if found := _RUN.fullmatch(ref):
            run = f"{(found[1] or 'RUN').upper()}-{int(found[2])}"
            return Parsed(ALIASES.get(verb, verb), {"ref": run, "words": " ".join(rest)})
        case ["invoke", code]:
            parsed = parse("invoke")
            return Parsed("invoke", {**parsed.args, "code": code})
    raise Refused("That is not a command by text message.", remedy=_SMS_USAGE)


def fill(command: str, answers: Iterable[tuple[str, str]]) -> str:
    """The line that a form's answers complete: pairs of field name and text, in order."""
    words = [command]
    left_empty = 0
    for name, answer in answers:
        value = answer.strip()
        if name.startswith("--"):
            words += [name, quote(value)] if value else []
        elif name.endswith("="):
            words += [f"{name}{quote(value)}"] if value else []
        elif value:
            words += ['""'] * left_empty + [quote(value)]
            left_empty = 0
        else:
            left_empty += 1
    return " ".join(words)


def verb_of(text: str) -> Verb:
    """The verb that a text begins with. Raises Refused with the nearest there is."""
    return _verb(split(visible(text)))[0]


def _verb(words: list[Word]) -> tuple[Verb, list[Word]]:
    first = words[0].text.lower()
    two = " ".join(word.text.lower() for word in words[:2])
    if two in VERBS:
        return VERBS[two], words[2:]
    if (name := ALIASES.get(first, first)) in VERBS:
        return VERBS[name], words[1:]
    following = [name.split()[1] for name in VERBS if name.startswith(f"{first} ")]
    if following:
        raise Refused(f"{first} is followed by {or_list(following)}.")
    near = difflib.get_close_matches(two, VERBS, n=1) or difflib.get_close_matches(first, VERBS, 1)
    suggestion = f"Did you mean {near[0]}? " if near else ""
    raise Refused(
        f"There is no command “{words[0].text[:40]}”.",
        remedy=f"{suggestion}Send help to see what can be said.",
    )
