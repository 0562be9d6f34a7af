"""Walks over the settings: over the kinds of section there are, and over the values there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from continuitybot.settings.values import Secret, Section
from continuitybot.sourcefile import Loc


def sections(kind: Any) -> Iterator[type[Section]]:
    """The sections that a value of this kind can be or hold, without those inside them."""
    if isinstance(kind, type) and issubclass(kind, Section):
        yield kind
    for part in get_args(kind):
        yield from sections(part)


def all_sections(kind: Any) -> Iterator[type[Section]]:
    """The sections of a kind of value, each followed by those inside it."""
    for section in sections(kind):
        yield section
        for field in section.model_fields.values():
            yield from all_sections(field.annotation)


def secrets(value: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Secret]]:
    """Every secret that the settings name, and its path."""
    if isinstance(value, Secret):
        yield loc, value
    elif isinstance(value, BaseModel):
        for name, inner in value:
            yield from secrets(inner, (*loc, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from secrets(inner, (*loc, name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from secrets(inner, (*loc, index))
