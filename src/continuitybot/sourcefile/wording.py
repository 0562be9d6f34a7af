"""What pydantic holds against a value, in the words of somebody who mends a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticCustomError

from continuitybot.sourcefile.suggesting import suggestion

_QUOTE = "Put quotes around it."
_TOLD, _HIDDEN = "told", "told_without_value"
_WORDS: Mapping[str, tuple[str, str]] = {
    "string_type": ("must be text", _QUOTE),
    "path_type": ("must be the name of a file or folder", _QUOTE),
    "string_too_short": ("must not be empty", ""),
    "string_too_long": ("must not be longer than {max_length} characters", ""),
    "string_pattern_mismatch": ("must have the form {pattern}", ""),
    "int_type": ("must be a whole number", ""),
    "int_parsing": ("must be a whole number", ""),
    "int_from_float": ("must be a whole number", ""),
    "float_type": ("must be a number", ""),
    "float_parsing": ("must be a number", ""),
    "decimal_type": ("must be a number", ""),
    "decimal_parsing": ("must be a number", ""),
    "bool_type": ("must be true or false", ""),
    "bool_parsing": ("must be true or false", ""),
    "time_type": ("must be a time of the day", "Write it like 22:30."),
    "time_parsing": ("must be a time of the day", "Write it like 22:30."),
    "greater_than": ("must be more than {gt}", ""),
    "greater_than_equal": ("must be at least {ge}", ""),
    "less_than": ("must be less than {lt}", ""),
    "less_than_equal": ("must be at most {le}", ""),
    "too_short": ("has too few entries: at least {min_length} must be there", ""),
    "model_type": ("must be a section", "Indent its settings below it, one `key: value` a line."),
    "model_attributes_type": ("must be a section",
                              "Indent its settings below it, one `key: value` a line."),
    "dict_type": ("must be a section", "Indent its entries below it, one `key: value` a line."),
    "mapping_type": ("must be a section", "Indent its entries below it, one `key: value` a line."),
    "list_type": ("must be a list", "Begin each entry with `- `, or write [one, two]."),
    "tuple_type": ("must be a list", "Begin each entry with `- `, or write [one, two]."),
    "union_tag_not_found": ("has no {discriminator}", "Say of which kind it is."),
    "missing": ("is missing", "Add it."),
}  # fmt: skip


def wrong(what: str, remedy: str = "", *, hide_value: bool = False) -> PydanticCustomError:
    """What a validator raises whose words shall stand as they are, such as "must be a domain"."""
    kind = _HIDDEN if hide_value else _TOLD
    return PydanticCustomError(kind, "{what}", {"what": what, "remedy": remedy})


def shows_value(fault: ErrorDetails) -> bool:
    """Whether the value may be shown: it may be a secret, also one under a misspelt key."""
    return fault["type"] not in {_HIDDEN, "extra_forbidden"}


def worded(fault: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong, as a sentence about the value that goes on after its name, and the remedy."""
    context = fault.get("ctx", {})
    if fault["type"] in {_TOLD, _HIDDEN}:
        return context["what"], context["remedy"]
    if fault["type"] == "extra_forbidden":
        return "is not known here", suggestion(str(fault["loc"][-1]), _siblings(model, fault))
    if fault["type"] == "union_tag_invalid":
        kinds = re.findall(r"'([^']*)'", context["expected_tags"])
        return "must be of a known kind", suggestion(context["tag"], kinds)
    if fault["type"] == "literal_error":
        return _one_of(re.findall(r"'([^']*)'", context["expected"]), fault["input"])
    if fault["type"] in _WORDS:
        what, remedy = _WORDS[fault["type"]]
        quoted = {name: str(value).replace("'", "`") for name, value in context.items()}
        return what.format(**quoted), remedy
    text = fault["msg"].removeprefix("Value error, ")
    return f"is not right: {text[0].lower()}{text[1:]}", ""


def _one_of(words: Sequence[str], found: Any) -> tuple[str, str]:
    """Which words there are; the empty one, which means the same as leaving it out, is not told."""
    quoted = [f"`{word}`" for word in words if word]
    what = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
    near = suggestion(found, words) if isinstance(found, str) else ""
    return f"must be {what}", near if near.startswith("Did") else ""


def _siblings(model: type[BaseModel], fault: ErrorDetails) -> Collection[str]:
    """The keys that may stand where an unknown one does."""
    here = [model]
    for step in fault["loc"][:-1]:
        fields = [field for one in here for name, field in one.model_fields.items()
                  if step in (name, field.alias)]  # fmt: skip
        if fields:
            here = [inner for field in fields for inner in _models(field.annotation)]
        else:  # an index, a key of a plain mapping, or the kind that a union was chosen by
            here = [one for one in here if _is_of_kind(one, step)] or here
    return {field.alias or name for one in here for name, field in one.model_fields.items()}


def _is_of_kind(model: type[BaseModel], kind: int | str) -> bool:
    return any(kind in get_args(field.annotation) for field in model.model_fields.values())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
