"""People from a CSV file, as spreadsheets save it."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from continuitybot.errors import BadInput, Problem
from continuitybot.people.entry import EntryReader, FieldFault
from continuitybot.people.model import Person

NEEDED = ("handle", "name", "email")
COLUMNS = (
    *NEEDED,
    "phone",
    "phone2",
    "alternate_email",
    "language",
    "site",
    "groups",
    "roles",
    "slack",
    "teams",
    "time_zone",
)
MAX_BYTES = 5_000_000
_SHOWN = 60


@dataclass(frozen=True)
class ImportResult:
    """Everybody a file names, and everything that is wrong with it.

    With any problem the people are not to be used.
    """

    people: tuple[Person, ...]
    problems: tuple[Problem, ...]


def read_people(
    path: Path, protected_domains: Collection[str] = (), default_region: str = ""
) -> ImportResult:
    """Read a whole file; each problem has its `file:line:column`, value and remedy.

    The separator is a comma, semicolon or tab, whichever the first line uses; a byte-order mark
    is taken. Quoted cells may hold separators and line ends.
    """
    try:
        sheet = _Sheet(path.name, _text(path))
        rows = list(sheet.rows())
    except BadInput as refusal:
        return ImportResult((), refusal.problems)
    problems = sheet.header_problems()
    if not rows:
        problems.append(Problem(path.name, "names nobody", remedy="Write one person a line."))
    reader = EntryReader(default_region, protected_domains)
    people: list[tuple[_Row, Person]] = []
    for row in rows:
        person, faults = reader.person(sheet.fields(row))
        people.append((row, person))
        problems += sheet.overlong(row)
        problems += sheet.cell_problems(row, faults)
    problems += _twins(sheet, people)
    return ImportResult(tuple(person for _, person in people), tuple(problems))


@dataclass(frozen=True)
class _Row:
    """One record: the line it begins on, its cells, and its characters as written."""

    line: int
    cells: tuple[str, ...]
    raw: str


class _Sheet:
    """The file as a table that knows where each of its cells stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        first = text.partition("\n")[0]
        self._separator = max(",;\t", key=first.count)
        self._records = self._read(text)
        self._header = next(self._records, _Row(1, (), ""))
        self.columns = tuple(
            cell.strip().casefold().replace(" ", "_") for cell in self._header.cells
        )

    def rows(self) -> Iterator[_Row]:
        """Every record below the header that is not blank."""
        return (row for row in self._records if any(cell.strip() for cell in row.cells))

    def fields(self, row: _Row) -> Mapping[str, str]:
        """The cells of a record by the name of their column."""
        return dict(zip(self.columns, row.cells, strict=False))

    def problem(self, row: _Row, column: str, what: str, remedy: str = "") -> Problem:
        """A problem with one cell, shown as it was written."""
        index = self.columns.index(column) if column in self.columns else len(row.cells)
        value = row.cells[index].strip() if index < len(row.cells) else ""
        return Problem(self._where(row, index), f"`{column}` {what}", value[:_SHOWN], remedy)

    def cell_problems(self, row: _Row, faults: Iterable[tuple[str, FieldFault]]) -> list[Problem]:
        """The faults of a record, left to right; a column that is missing was said once."""
        here = [(self.columns.index(name), name, f) for name, f in faults if name in self.columns]
        here.sort(key=lambda fault: fault[0])
        return [self.problem(row, name, fault.what, fault.remedy) for _, name, fault in here]

    def header_problems(self) -> list[Problem]:
        """What is wrong with the first line."""
        found = []
        for index, column in enumerate(self.columns):
            where = self._where(self._header, index)
            if column not in COLUMNS:
                near = difflib.get_close_matches(column, COLUMNS, n=1)
                remedy = f"Did you mean `{near[0]}`?" if near else f"Use {', '.join(COLUMNS)}."
                found.append(Problem(where, f"`{column}` is not a column", remedy=remedy))
            elif column in self.columns[:index]:
                found.append(Problem(where, f"`{column}` is there twice", remedy="Keep one."))
        for column in NEEDED:
            if column not in self.columns:
                where = self._where(self._header, 0)
                found.append(Problem(where, f"the column `{column}` is missing", remedy="Add it."))
        return found

    def overlong(self, row: _Row) -> list[Problem]:
        """A problem when a record has more cells than the header."""
        extra = row.cells[len(self.columns) :]
        if not any(cell.strip() for cell in extra):
            return []
        where = self._where(row, len(self.columns))
        remedy = 'Put quotes around a cell that holds a separator: "Brandt, Alice".'
        return [Problem(where, "has more cells than the first line", extra[0][:_SHOWN], remedy)]

    def _read(self, text: str) -> Iterator[_Row]:
        taken: list[str] = []

        def lines() -> Iterator[str]:
            for line in io.StringIO(text, newline=""):
                taken.append(line)
                yield line

        reader = csv.reader(lines(), delimiter=self._separator, strict=True)
        while True:
            taken.clear()
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = Problem(
                    f"{self.name}:{line}:1",
                    f"is not well-formed CSV: {error}",
                    remedy='A quote inside a quoted cell is written twice: "".',
                )
                raise BadInput(f"{self.name} cannot be read.", [problem]) from error
            yield _Row(line, tuple(cells), "".join(taken).rstrip("\r\n"))

    def _where(self, row: _Row, index: int) -> str:
        """`file:line:column` of a cell, or of the end of the record when it has no such cell."""
        line, column, passed, quoted = row.line, 1, 0, False
        for character in row.raw:
            if passed == index:
                break
            quoted ^= character == '"'
            passed += character == self._separator and not quoted
            line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
        return f"{self.name}:{line}:{column}"


def _text(path: Path) -> str:
    """The characters of the file. Raises BadInput."""

    def unreadable(what: str, remedy: str = "") -> BadInput:
        return BadInput(f"{path.name} cannot be read.", [Problem(path.name, what, "", remedy)])

    try:
        if path.stat().st_size > MAX_BYTES:
            raise unreadable(f"is larger than {MAX_BYTES // 1_000_000} MB", "Is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise unreadable(f"cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        what = f"is not UTF-8 text (line {line})"
        raise unreadable(what, "Save it as “CSV UTF-8”.") from error
    if not text.strip():
        raise unreadable("is empty", f"Begin with the line {','.join(COLUMNS)}.")
    return text


def _twins(sheet: _Sheet, people: Iterable[tuple[_Row, Person]]) -> list[Problem]:
    """A problem for each handle, address, number or account that two people share."""
    found = []
    owners: dict[tuple[str, object], _Row] = {}
    for row, person in people:
        for column, key in _own(person):
            kind = "phone" if column == "phone2" else column
            owner = owners.setdefault((kind, key), row)
            if owner is not row:
                what = f"is that of line {owner.line} as well"
                found.append(sheet.problem(row, column, what, "Everybody needs their own."))
    return found


def _own(person: Person) -> Iterator[tuple[str, object]]:
    """What only one person can have, by column."""
    if person.handle:
        yield "handle", person.handle
    if person.email:
        yield "email", person.email.casefold()
    yield from zip(("phone", "phone2"), person.phones, strict=False)
    for identity in person.identities:
        yield identity.platform, identity
