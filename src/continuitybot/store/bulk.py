"""Changing many rows, each to values of its own, in one go, and knowing whether all were there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Executable,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from continuitybot.store.tables import Json, to_json
from continuitybot.store.transaction import Transaction


class Bulk:
    """An update of rows found by the columns `match`, setting the columns `change`.

    A row to write is a mapping with `was_<column>` for each of `match` and `<column>` for each
    of `change`; documents are plain JSON.
    """

    def __init__(self, table: Table, *, match: Sequence[str], change: Sequence[str]) -> None:
        self._matched = {f"was_{name}": table.c[name] for name in match}
        self._changed = {name: table.c[name] for name in change}
        self._one_by_one = self._for_each(table)
        self._at_once = self._from_arrays(table)

    async def write(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many rows were found and changed."""
        if not rows:
            return 0
        if not tx.is_postgresql:
            return int((await tx.execute(self._one_by_one, rows)).rowcount)
        done = await tx.execute(self._at_once, self._columns(rows))
        return len(done.all())

    def _for_each(self, table: Table) -> Executable:
        where = [column == bindparam(name) for name, column in self._matched.items()]
        values: dict[str, Any] = {name: bindparam(name) for name in self._changed}
        return update(table).where(and_(*where)).values(values)

    def _from_arrays(self, table: Table) -> Executable:
        columns = {**self._matched, **self._changed}
        arrays = [
            cast(bindparam(name, type_=_array(one)), _array(one)) for name, one in columns.items()
        ]
        given = func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
        where = [column == given.c[name] for name, column in self._matched.items()]
        values = {name: _value(given.c[name], one) for name, one in self._changed.items()}
        return (
            update(table)
            .where(and_(*where))
            .values(values)
            .returning(*(column for column in self._matched.values()))
        )

    def _columns(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        columns = {**self._matched, **self._changed}
        return {
            name: [to_json(row[name]) if _is_json(one) else row[name] for row in rows]
            for name, one in columns.items()
        }


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _array(column: Column[Any]) -> ARRAY[Any]:
    # Documents travel as text: the driver has no arrays of them.
    return ARRAY(Text() if _is_json(column) else column.type)


def _value(given: Any, column: Column[Any]) -> Any:
    return cast(given, Json) if _is_json(column) else given
