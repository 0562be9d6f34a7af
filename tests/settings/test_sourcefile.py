"""How YAML is read, and where each value stands."""

from __future__ import annotations

import contextlib
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from continuitybot.errors import BadInput
from continuitybot.sourcefile import SourceFile, by_place, suggestion


def read(text: str) -> Any:
    return SourceFile("x.yaml", text).data


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("true", True), ("False", False),
        ("22:30", "22:30"), ("2026-03-10", "2026-03-10"), ("8080", 8080), ("-3", -3), ("0", 0),
        ("+436601234567", "+436601234567"), ("0660", "0660"), ("1.5", 1.5), ("1e9", "1e9"),
        (".inf", ".inf"), ("~", None), ("null", None), ("9" * 30, "9" * 30),
    ],
)  # fmt: skip
def test_values_are_what_they_look_like(written: str, value: object) -> None:
    assert read(f"key: {written}") == {"key": value}


def test_keys_are_words_whatever_they_look_like() -> None:
    assert read("on: 1\n2: x\ntrue: y\n~: z") == {"on": 1, "2": "x", "true": "y", "~": "z"}


def test_a_block_can_be_written_once_and_used_again() -> None:
    assert read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}")["b"] == {"x": 1, "y": 3}


def test_each_value_knows_its_place_and_a_missing_one_that_of_its_parent() -> None:
    file = SourceFile("x.yaml", "web:\n  port: 80\nlist:\n  - a\n  - {b: 1}\n")
    assert file.where(("web", "port")) == "x.yaml:2:3"
    assert file.where(("list", 1, "b")) == "x.yaml:5:6"
    assert file.where(("web", "host", "x")) == "x.yaml:1:1"
    assert file.where(()) == "x.yaml:1:1"


def test_a_problem_shows_the_value_as_it_was_written_but_no_password() -> None:
    file = SourceFile("x.yaml", "a: TRUE\nb: https://bot:hunter2@example.com\nc: {d: 1}\n")
    assert file.problem(("a",), "x").value == "TRUE"
    assert file.problem(("b",), "x").value == "https://bot:…@example.com"
    assert file.problem(("c",), "x").value == ""


def test_a_file_that_contains_itself_is_refused() -> None:
    with pytest.raises(BadInput, match="nested too deeply"):
        read("a: &a [*a]")


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,?~ \n\t0.\x00é", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(BadInput):
        SourceFile("x.yaml", text)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["inner"] = "inner"
    size: int = Field(1, alias="how-large")


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[Inner] = []
    either: Literal["none"] | Inner = "none"


def problems(text: str) -> list[str]:
    file = SourceFile("x.yaml", text)
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(file.data)
    return [str(problem) for problem in file.problems(error.value, Outer)]


def test_an_unknown_key_is_answered_with_those_of_its_own_section() -> None:
    assert problems("items: [{items: 1}]\nitem: 2") == [
        "x.yaml:1:10: `items.0.items` is not known here. There is: how-large, kind.",
        "x.yaml:2:1: `item` is not known here. Did you mean `items`?",
    ]


def test_a_faulty_member_of_a_union_is_one_problem() -> None:
    assert problems("either: some") == [
        "x.yaml:1:1: `either` must be `none` or be a section (found some)."
    ]
    assert problems("either: {how-large: x}") == [
        "x.yaml:1:10: `either.how-large` must be a whole number (found x)."
    ]


def test_problems_stand_in_the_order_of_the_lines() -> None:
    file = SourceFile("x.yaml", "\n" * 9 + "b: 1\na: 2\n")
    found = by_place([file.problem((key,), key) for key in ("a", "b")])
    assert [problem.what for problem in found] == ["b", "a"]


def test_a_suggestion_is_the_near_word_or_all_words() -> None:
    assert suggestion("prot", {"port", "host"}) == "Did you mean `port`?"
    assert suggestion("x", {"port", "host"}) == "There is: host, port."
    assert suggestion("x", ()) == "There is none."
