"""The kinds of value a setting can have, besides those pydantic knows."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic_core import core_schema

from continuitybot.errors import Refused
from continuitybot.sourcefile import wrong

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_LONGEST = timedelta(days=36_525)  # a century; what is added to today must stay a date


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_duration(value: Any) -> timedelta:
    """`90s`, `2m`, `1h30m`, `7d`, or a number of seconds. Raises ValueError on anything else."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    parts = _PART.findall(text)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        parts = [(value, "s")]
    elif not parts or _PART.sub("", text).strip():
        raise ValueError("a duration is a number with s, m, h or d, such as 90s or 1h30m")
    try:
        found = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        found = timedelta.max
    if found > _LONGEST:
        raise ValueError("no duration is that long")
    return found


def format_duration(value: timedelta) -> str:
    """The shortest way to write a duration: `1h30m`, `45s`."""
    total = value.total_seconds()
    if total < 1:
        return f"{total * 1000:.0f}ms"
    words, rest = [], round(total)
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words[:2])


_AMOUNT = r"[0-9]+(\.[0-9]+)?\s*([mM]?[sS]|[mMhHdD])\s*"
DurationSource = (
    Annotated[str, Field(pattern=rf"^\s*({_AMOUNT})+$")] | Annotated[float, Field(ge=0)]
)
"""How a duration may be written, for JSON Schemas."""

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=DurationSource),
    PlainSerializer(format_duration, return_type=str),
]


@dataclass(frozen=True)
class Form:
    """Marks text that a pattern fits as a whole; `what` says, with an example, what it must be."""

    pattern: str
    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "pattern": f"^({self.pattern})$"}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise wrong(f"must be {self.what}")
        return text


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise wrong("must be a time zone, such as Europe/Vienna") from error


def _database(text: str) -> str:
    if Secret.names_one(text) or text.startswith("sqlite:///"):
        return text
    if not re.match(r"postgres(ql)?(\+asyncpg)?://", text):
        remedy = "Write sqlite:///FILE or postgresql://user@host/name."
        raise wrong("must be the address of a database", remedy, hide_value=True)
    if urlsplit(text).password:
        remedy = "Put the whole address into a variable or a file: env:NAME or file:PATH."
        raise wrong("must not hold a password", remedy, hide_value=True)
    return text


_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"

Name = Annotated[
    str, Form(r"[a-z0-9][a-z0-9_.-]{0,39}", "a short name in small letters, such as primary-in")
]
Domain = Annotated[
    str,
    AfterValidator(lambda text: text.strip().lower().rstrip(".")),
    Form(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+", "a domain, such as example.com"),
]
TimeZone = Annotated[str, AfterValidator(_zone)]
DatabaseAddress = Annotated[str, AfterValidator(_database)]
WebAddress = Annotated[
    str, Form(r"https?://[^\s/]\S*", "a web address, such as https://bot.example.com")
]
MailAddress = Annotated[
    str,
    AfterValidator(str.strip),
    Form(r"[^@\s<>]+@[^@\s<>]+", "an e-mail address, such as alice@example.com"),
]


class Secret:
    """A secret named in the settings and read when it is needed: `env:NAME` or `file:PATH`."""

    def __init__(self, source: str) -> None:
        self.source = source

    def read(self) -> str:
        """The secret itself. Raises Refused when it is not there."""
        kind, _, name = self.source.partition(":")
        if kind == "env":
            value = os.environ.get(name, "")
            if not value:
                raise Refused(f"The environment variable {name} is not set.", code="secret")
            return value
        try:
            return Path(name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Refused(f"The secret file {name} cannot be read: {error.strerror}.") from error

    def __repr__(self) -> str:
        return f"Secret({self.source!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(pattern="^(env|file):.+"),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda s: s.source),
        )

    @staticmethod
    def names_one(text: str) -> bool:
        """Whether this is the name of a secret: `env:NAME` or `file:PATH`."""
        return re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", text) is not None

    @classmethod
    def _validate(cls, value: Any) -> Secret:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str) and cls.names_one(value):
            return cls(value)
        what = "is not right: a secret is named, not written here: env:NAME or file:PATH"
        raise wrong(what, hide_value=True)
