"""YAML text into plain values, the place of each, and what was written there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import ReaderError

from continuitybot.errors import BadInput, Problem

Loc = tuple[int | str, ...]
MAX_BYTES = 2_000_000
MAX_VALUES = 100_000  # aliases can make a short file hold more than the memory does


@dataclass(frozen=True)
class Parsed:
    """A document: its plain value, and per path the line and column and the scalar as written.

    A path leads through keys and indexes, such as `("steps", 2, "invoke", "for")`.
    """

    data: Any
    places: Mapping[Loc, tuple[int, int]]
    written: Mapping[Loc, str]


class _Loader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does: only true and false are truth values.

    By YAML 1.1 the country `NO` would be false, `22:30` a number and the key `on` true. Numbers
    with a plus or a leading zero stay text too, as they are telephone numbers and codes.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML declares it this way


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), None)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$", re.I), None)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9]\d{0,17})$"), None)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?\d+\.\d+$"), None)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), None)


_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # neither databases nor requests take them


@dataclass
class _Survey:
    """Notes where every value of a document stands."""

    name: str
    places: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, node: yaml.Node, path: Loc) -> None:
        """Note a node and all below it."""
        if len(self.places) >= MAX_VALUES:
            raise _refusal(self.name, self.name, f"holds more than {MAX_VALUES} values")
        self.places[path] = _place(node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            self.written[path] = node.value
            if _NO_TEXT.search(node.value):
                self._fault(node, "a text holds a character that is none", "Remove the escape.")
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.note(item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            self._note_entries(node, path)

    def _note_entries(self, node: yaml.MappingNode, path: Loc) -> None:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a value that begins with `{` or `[` is not in quotes", _QUOTE)
                continue
            if key.value in seen:
                self._fault(key, f"`{key.value}` is written twice", "Keep one.")
            seen.add(key.value)
            if key.tag != "tag:yaml.org,2002:merge":
                key.tag = "tag:yaml.org,2002:str"  # keys are words, also those of figures
            place = (*path, key.value)
            self.note(value, place)
            self.places[place] = _place(key.start_mark)

    def _fault(self, node: yaml.Node, what: str, remedy: str) -> None:
        line, column = _place(node.start_mark)
        self.problems.append(Problem(f"{self.name}:{line}:{column}", what, remedy=remedy))


def parse(name: str, text: str) -> Parsed:
    """Parse one document; an empty one is None. Raises BadInput with the place of each fault."""
    try:
        loader = _Loader(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refusal(name, f"{name}:{line}", "is not a text file") from error
    survey = _Survey(name)
    try:
        root = loader.get_single_node()
        if root is None:
            return Parsed(None, {}, {})
        survey.note(root, ())
        if survey.problems:
            raise BadInput(f"{name} cannot be read.", survey.problems)
        return Parsed(loader.construct_document(root), survey.places, survey.written)
    except yaml.MarkedYAMLError as error:
        raise BadInput(f"{name} cannot be read.", list(_faults(name, error))) from error
    except RecursionError as error:
        raise _refusal(name, name, "is nested too deeply") from error
    finally:
        loader.dispose()


_QUOTE = "Put quotes around it."
_CAUSES = (
    (r"character '\\t'", "a tab stands where YAML takes only spaces", "Replace tabs by spaces."),
    (r"character '(.)' that cannot start", "a value that begins with `{}` is not in quotes",
     _QUOTE),
    (r"undefined alias", "a value that begins with `*` is not in quotes", _QUOTE),
    (r"could not determine a constructor", "a value that begins with `!` is not in quotes",
     _QUOTE),
    (r"mapping values are not allowed", "a colon stands where none can",
     "Put quotes around a text that holds a colon; check the indentation."),
    (r"expected <block end>", "the indentation does not fit the lines above", "Line them up."),
    (r"could not find expected ':'", "a key has no colon behind it", "Write `key: value`."),
    (r"unexpected end of stream", "a quote is opened and never closed", "Close it."),
    (r"but got '\?'", "a text ends in a question mark and is not in quotes", _QUOTE),
    (r"but found '<stream end>'", "the file ends in the middle of a value",
     "Close the bracket that is open."),
    (r"expected ',' or '[\]}]'", "a bracket is opened and not closed", "Close it."),
    (r"for merging", "`<<` takes the keys of another section", "Write `<<: *name`."),
    (r"another document", "a second document begins", "Remove the line `---`."),
)  # fmt: skip
_OPENED_EARLIER = re.compile(r"unexpected end of stream|expected ',' or (?!.*'\?')")


def _faults(name: str, error: yaml.MarkedYAMLError) -> Iterator[Problem]:
    """The library's one fault in words; never the value itself, which may be a secret."""
    said = error.problem or ""
    mark = error.context_mark if _OPENED_EARLIER.search(said) else error.problem_mark
    line, column = _place(mark) if mark else (1, 1)
    where = f"{name}:{line}:{column}"
    if "expected <block end>" in said and _is_after_an_end(error.problem_mark):
        what = "a value goes on after its closing bracket or quote"
        yield Problem(where, what, remedy="Put quotes around the whole of it.")
        return
    for pattern, what, remedy in _CAUSES:
        if found := re.search(pattern, said):
            yield Problem(where, what.format(*found.groups()), remedy=remedy)
            return
    yield Problem(where, f"is not valid YAML: {said}", remedy="Check the lines just before.")


def _is_after_an_end(mark: Any) -> bool:
    before = mark.buffer[: mark.pointer].rpartition("\n")[2].rstrip() if mark else ""
    return before.endswith(("}", "]", '"', "'"))


def _place(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _refusal(name: str, where: str, what: str) -> BadInput:
    problem = Problem(where, what, remedy="Is it the right file?")
    return BadInput(f"{name} cannot be read.", [problem])
