"""What every room's tables share: one metadata, UTC times and JSON documents."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import pydantic_core
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import JSON, DateTime, Dialect, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from continuitybot.errors import Unreadable

T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    }
)

Json = JSON().with_variant(JSONB(), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment; sorts rightly as text on SQLite, is `timestamptz` on PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        moment = value.astimezone(UTC)
        if dialect.name == "sqlite":
            return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # the driver gives datetime


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_document(value: Any, kind: Any = None) -> Any:
    """A dataclass (or any type pydantic knows) as plain JSON values, for a `Json` column."""
    if kind is None and not is_dataclass(value):
        raise TypeError(f"name the kind of {type(value).__name__}")
    return _adapter(kind or type(value)).dump_python(value, mode="json")


def from_document(kind: type[T], document: Any) -> T:
    """The value of `kind` that `to_document` made the document of, in this version or another.

    What is missing has its default, and what is not known here is left out. Raises Unreadable for
    a document that makes no sense to this version, such as a state that only a newer one knows.
    """
    try:
        return _adapter(kind).validate_python(document)  # type: ignore[no-any-return]  # by kind
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Unreadable(
            f"A stored {kind.__name__} cannot be read by this version: {where}: {first['msg']}.",
            remedy="If a newer version has written it, update this instance.",
            code="stored_document",
        ) from error


class Document(Generic[T]):
    """How values of a dataclass are stored when one field, `apart`, has a column of its own."""

    def __init__(self, kind: type[T], *, apart: str) -> None:
        self._kind = kind
        self._apart = apart

    def dump(self, value: T) -> Any:
        """Plain JSON values of all other fields."""
        return _adapter(self._kind).dump_python(value, mode="json", exclude={self._apart})

    def load(self, document: Any, apart: Any) -> T:
        """The value of a document and of the field that was stored apart from it."""
        return from_document(self._kind, {**document, self._apart: apart})


def as_stored(value: Any) -> Any:
    """Plain data as it comes back from a `Json` column: a tuple as a list, a moment as text."""
    return pydantic_core.to_jsonable_python(value)


def to_json(document: Any) -> str:
    """A document as the text that a `Json` column holds."""
    return pydantic_core.to_json(document).decode()
