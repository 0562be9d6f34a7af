"""Reading what stands after a verb: options, places, inputs, and the value of each argument."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from continuitybot.chat.message import Field, FieldKind, Form
from continuitybot.chat.verbs import NOUNS, Argument, Verb
from continuitybot.chat.words import DASHES, Word, quote
from continuitybot.errors import Refused
from continuitybot.settings.values import parse_duration

_REF = re.compile(rf"({'|'.join(NOUNS)})?[#{DASHES}]?([0-9]{{1,9}})", re.IGNORECASE)
_INCIDENT = Argument("incident", "ref", refs=("INC",))


class Missing(Refused):
    """The verb needs more than it was given; `form` asks for it."""

    def __init__(self, verb: Verb, argument: Argument, form: Form) -> None:
        self.form = form
        super().__init__(
            f"{verb.name} needs {argument.placeholder}.", remedy=f"Write: {verb.usage}"
        )


class Reading:
    """Reads the arguments of one verb from the words after it."""

    def __init__(self, verb: Verb, line: str) -> None:
        self._verb = verb
        self._line = line
        self._options = {a.option: a for a in verb.arguments if a.option}
        self._inputs = next((a for a in verb.arguments if a.kind == "inputs"), None)
        self._found: dict[str, Any] = {a.name: _absent(a) for a in verb.arguments}
        self._written: dict[str, str] = {}

    def arguments(self, words: list[Word]) -> dict[str, Any]:
        """Every argument by name, checked."""
        places = list(self._verb.positional)
        waiting = list(words)
        while waiting:
            word = waiting.pop(0)
            if self._is_option(word, places):
                self._take_option(word, waiting)
            elif self._takes_input(word):
                self._take_input(word)
            elif not places:
                raise self._one_too_many(word)
            elif places[0].kind == "text" and not word.quoted:
                self._take(places.pop(0), self._rest(word, waiting))
            else:
                self._take(places.pop(0), word.text)
        for argument in self._verb.arguments:
            if argument.required and argument.name not in self._written:
                form = form_of(self._verb, self._written, self._begun())
                raise Missing(self._verb, argument, form)
        return self._found

    def _is_option(self, word: Word, places: list[Argument]) -> bool:
        """In the text that ends a line, only the verb's own options are options."""
        in_text = bool(places) and places[0].kind == "text"
        return word.is_option and (not in_text or word.text.split("=")[0] in self._options)

    def _take_option(self, word: Word, waiting: list[Word]) -> None:
        name, has_value, value = word.text.partition("=")
        argument = self._options.get(name.lower())
        if argument is None:
            near = difflib.get_close_matches(name, self._options, n=1)
            suggestion = f"Did you mean {near[0]}? " if near else ""
            raise Refused(
                f"{self._verb.name} has no option {name[:40]}.",
                remedy=f"{suggestion}Write: {self._verb.usage}",
            )
        if argument.kind == "flag":
            self._found[argument.name] = True
            return
        if not has_value:
            if not waiting or waiting[0].is_option:
                example = f", {argument.hint}" if argument.hint else ""
                raise Refused(f"{name} needs a value{example}.")
            value = waiting.pop(0).text
        self._take(argument, value)

    def _takes_input(self, word: Word) -> bool:
        is_pair = re.match(r"[^\W\d][\w-]*=", word.text) is not None
        return self._inputs is not None and not word.quoted and is_pair

    def _take_input(self, word: Word) -> None:
        key, _, value = word.text.partition("=")
        inputs = self._found["inputs"]
        if key in inputs:
            raise Refused(f"{key} is given twice.", remedy="Keep one.")
        inputs[key] = value

    def _rest(self, word: Word, waiting: list[Word]) -> str:
        end = word.end
        while waiting and not (waiting[0].is_option and waiting[0].text in self._options):
            end = waiting.pop(0).end
        return self._line[word.start : end]

    def _take(self, argument: Argument, text: str) -> None:
        if not text.strip():
            return
        self._written[argument.name] = text
        if argument.many:
            values = tuple(part for part in re.split(r"[,\s]+", text) if part)
            self._found[argument.name] += values
        else:
            self._found[argument.name] = _value(self._verb, argument, text.strip())

    def _one_too_many(self, word: Word) -> Refused:
        in_quotes = any(argument.kind == "text" for argument in self._verb.positional)
        advice = "Put the whole text in quotes. " if in_quotes else ""
        return Refused(
            f"{self._verb.name} does not know what to do with “{word.text[:40]}”.",
            remedy=f"{advice}Write: {self._verb.usage}",
        )

    def _begun(self) -> str:
        """The part of the line that the form does not ask for again."""
        inputs = self._found["inputs"] if self._inputs else {}
        words = [self._verb.name, *(f"{key}={quote(value)}" for key, value in inputs.items())]
        for argument in self._verb.arguments:
            if argument.kind == "flag" and self._found[argument.name]:
                words.append(argument.option)
        if self._written.get("plan"):
            words.append(f"--plan={quote(self._written['plan'])}")
        return " ".join(words)


def _absent(argument: Argument) -> Any:
    if argument.many:
        return ()
    return {"inputs": {}, "flag": False}.get(argument.kind)


def _value(verb: Verb, argument: Argument, text: str) -> Any:
    match argument.kind:
        case "ref":
            return _reference(verb, argument, text)
        case "duration":
            return _duration(text)
        case "choice":
            return _choice(argument, text)
        case "check":
            reference = _REF.fullmatch(text)
            return _reference(verb, _INCIDENT, text) if reference and reference[1] else text
        case _:
            return text


def _reference(verb: Verb, argument: Argument, text: str) -> str:
    found = _REF.fullmatch(text)
    expected = or_list([f"{prefix}-7" for prefix in argument.refs])
    if found is None:
        raise Refused(f"“{text[:40]}” is not a reference.", remedy=f"Write it as {expected}.")
    number = int(found[2])
    if found[1] is None:
        if argument.usual:
            return f"{argument.usual}-{number}"
        if len(argument.refs) > 1:
            choices = or_list([f"{prefix}-{number}" for prefix in argument.refs])
            raise Refused(f"{number} of what?", remedy=f"Write {choices}.")
        return f"{argument.refs[0]}-{number}"
    prefix = found[1].upper()
    if prefix not in argument.refs:
        nouns = or_list([NOUNS[each] for each in argument.refs])
        raise Refused(
            f"{verb.name} is for {nouns}; {prefix}-{number} is {NOUNS[prefix]}.",
            remedy=f"Write it as {expected}.",
        )
    return f"{prefix}-{number}"


def _duration(text: str) -> timedelta:
    try:
        duration = parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"“{text[:40]}” is not a duration.", remedy="Write a number with m, h or d: 30m, 4h."
        ) from error
    if duration <= timedelta():
        raise Refused("A duration of nothing is not a duration.", remedy="Write one such as 30m.")
    return duration


def _choice(argument: Argument, text: str) -> str:
    if text.lower() not in argument.choices:
        raise Refused(
            f"“{text[:40]}” is not a {argument.name}.",
            remedy=f"Write {or_list(list(argument.choices))}.",
        )
    return text.lower()


def form_of(verb: Verb, written: Mapping[str, str], command: str = "") -> Form:
    """The form that asks for what a verb takes; `written` (by argument) stands there at first."""
    fields = tuple(
        _field(argument, written.get(argument.name, ""))
        for argument in verb.arguments
        if argument.kind not in ("flag", "inputs") and argument.name != "plan"
    )
    return Form(verb.summary, command or verb.name, fields)


def _field(argument: Argument, value: str) -> Field:
    kinds: dict[str, FieldKind] = {
        "text": "multiline", "duration": "duration", "choice": "choice"
    }  # fmt: skip
    return Field(
        name=argument.option or argument.name,
        label=argument.name.replace("-", " ").capitalize(),
        kind=kinds.get(argument.kind, "text"),
        options=argument.choices,
        required=argument.required,
        value=value,
        hint=argument.hint,
    )


def or_list(choices: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
