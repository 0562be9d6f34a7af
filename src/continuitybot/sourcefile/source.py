"""YAML files whose every value knows its line, so that each problem can say where it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from continuitybot.errors import BadInput, Problem
from continuitybot.sourcefile.parsing import MAX_BYTES, Loc, parse
from continuitybot.sourcefile.wording import shows_value, worded

_SHOWN = 80
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")


class SourceFile:
    """A YAML document with the position of each of its values.

    `data` is the plain value, None for an empty file; `where(loc)` is `file:line:column` of the
    value at a path such as `("steps", 2, "invoke", "for")`, or of its nearest parent that exists.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        parsed = parse(name, text)
        self.data = parsed.data
        self._places = parsed.places
        self._written = parsed.written

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read and parse a file. Raises BadInput with the line when it is not YAML."""
        try:
            if path.stat().st_size > MAX_BYTES:
                raise _unreadable(path, f"is larger than {MAX_BYTES // 1_000_000} MB",
                                  "Is it the right file?")  # fmt: skip
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise _unreadable(path, f"cannot be opened: {error.strerror}") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            what = f"is not UTF-8 text (line {line})"
            raise _unreadable(path, what, "Save it as UTF-8.") from error
        return cls(str(path), text)

    def where(self, loc: Sequence[int | str]) -> str:
        """`file:line:column` of the value at `loc`, or of the nearest parent written there."""
        path = tuple(loc)
        while path and path not in self._places:
            path = path[:-1]
        line, column = self._places.get(path, (1, 1))
        return f"{self.name}:{line}:{column}"

    def problem(self, loc: Sequence[int | str], what: str, remedy: str = "") -> Problem:
        """A problem with the value at `loc`, shown as it was written."""
        shown = _URL_PASSWORD.sub(r"\1…@", self._written.get(tuple(loc), ""))[:_SHOWN]
        return Problem(self.where(loc), what, shown, remedy)

    def fault(self, loc: Sequence[int | str], what: str, remedy: str = "") -> Problem:
        """A problem whose text goes on after the name of the value: `web.port` must be …"""
        name = ".".join(map(str, loc)) or "the file"
        return self.problem(loc, f"`{name}` {what}", remedy)

    def problems(self, error: ValidationError, model: type[BaseModel]) -> list[Problem]:
        """Every fault that `model` found in the file, at its line."""
        if not isinstance(self.data, Mapping):
            what = "is empty" if self.data is None else "does not consist of keys and values"
            return [Problem(self.name, what, remedy="Is it the right file?")]
        faults: dict[Loc, list[ErrorDetails]] = {}
        for fault in error.errors(include_url=False):
            faults.setdefault(self._written_loc(fault), []).append(fault)
        return [
            self._problem(loc, here, model)
            for loc, here in faults.items()
            if not (_follows_from_deeper(here) and any(_is_below(other, loc) for other in faults))
        ]

    def _problem(self, loc: Loc, faults: Sequence[ErrorDetails], model: type[BaseModel]) -> Problem:
        """One problem of the faults at one place: several are those of a union's members."""
        if loc not in self._written:  # what is no scalar was not meant as one of some words
            faults = [one for one in faults if one["type"] != "literal_error"] or faults
        whats, remedies = zip(*(worded(fault, model) for fault in faults), strict=True)
        first, *others = dict.fromkeys(whats)
        what = " or ".join([first, *(other.removeprefix("must ") for other in others)])
        told = self.fault(loc, what, "" if others else remedies[0])
        if not all(map(shows_value, faults)):
            return replace(told, value="")
        if faults[0]["type"] == "union_tag_invalid":
            tag = faults[0]["ctx"]["discriminator"].strip("'")
            return self.problem((*loc, tag), told.what, told.remedy)
        return told

    def _written_loc(self, fault: ErrorDetails) -> Loc:
        """Without the names of union members, which pydantic adds and nobody wrote.

        The last step of a missing value is kept, although it has no place.
        """
        written: Loc = ()
        for step in fault["loc"]:
            if (*written, step) in self._places:
                written = (*written, step)
        return (*written, fault["loc"][-1]) if fault["type"] == "missing" else written


def _follows_from_deeper(faults: Sequence[ErrorDetails]) -> bool:
    """A list counts as too short when its entries are faulty; what is faulty as one member of a
    union is not any of the others either."""
    return all(fault["type"] in {"too_short", "literal_error"} for fault in faults)


def _is_below(loc: Loc, upper: Loc) -> bool:
    return len(loc) > len(upper) and loc[: len(upper)] == upper


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """Problems of one file in the order of its lines."""

    def place(problem: Problem) -> list[int]:
        return [int(part) for part in problem.where.split(":")[-2:] if part.isdigit()]

    return sorted(problems, key=place)


def _unreadable(path: Path, what: str, remedy: str = "") -> BadInput:
    return BadInput(f"{path} cannot be read.", [Problem(str(path), what, remedy=remedy)])
