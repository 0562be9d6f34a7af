"""The JSON Schema for editors takes what the loader takes, and refuses what types can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from continuitybot.errors import BadInput
from continuitybot.runbooks import json_schema, load_text, shipped_folder
from continuitybot.runbooks.editors import EXAMPLES
from continuitybot.runbooks.schema import ACTION_NAMES
from continuitybot.sourcefile import SourceFile

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
REJECTED = Path(__file__).parents[1] / "rejected" / "runbooks"


def loads(document: Any) -> bool:
    try:
        load_text("test.yaml", yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    except BadInput:
        return False
    return True


def book(step: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    head = {"name": "book", "title": "Book", "kind": "incident", **more}
    return {**head, "steps": [{"id": "a", "title": "A", **step}]}


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for owner, part in [("runbook", schema), *schema["$defs"].items()]:
        for name, field in part.get("properties", {}).items():
            yield f"{owner}.{name}", field


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "field"), list(fields(SCHEMA)))
def test_every_field_is_described(name: str, field: Mapping[str, Any]) -> None:
    assert field.get("description"), name
    assert not any("title" in field for _, field in fields(SCHEMA) if "properties" not in field)


@pytest.mark.parametrize("path", sorted(shipped_folder().glob("*.yaml")), ids=lambda p: p.stem)
def test_it_takes_every_shipped_runbook(path: Path) -> None:
    VALIDATOR.validate(SourceFile.read(path).data)


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_its_example_of_an_action_is_taken_by_both(action: str) -> None:
    document = book({action: EXAMPLES[action]})
    VALIDATOR.validate(document)
    assert loads(document)


GOOD: list[dict[str, Any]] = [
    {"wait": {"for": "1H 30m"}},
    {"wait": {"for": 90.5}},
    {"wait": {"for": "{{ run.ref }}"}},
    {"wait": {"healthy": {"check": "mailbox"}}, "timeout": None, "retry": None},
    {"report": {}, "on_failure": {"goto": "a"}, "retry": {"times": 2, "every": "5s"}},
    {"report": {}, "on_failure": "ask", "timeout": " 5 m "},
    {"http": {"url": "https://a.example", "json": [{"deep": [None, True, 1.5]}]}},
]
BAD: list[dict[str, Any]] = [
    {},
    {"report": None},
    {"report": {}, "say": {"text": "x"}},
    {"say": None, "report": {}},
    {"report": {}, "whenn": "x"},
    {"say": {}},
    {"say": {"text": 5}},
    {"say": "text"},
    {"do": {"text": "x", "evidence": "yes"}},
    {"approve": {"text": "x", "quorum": 6}},
    {"approve": {"text": "x", "quorum": "2"}},
    {"ask": {"text": "x", "choices": {"one": "One"}}},
    {"check": {"direction": "sideways"}},
    {"http": {"url": "x", "expect": ["201"]}},
    {"http": {"url": "x", "method": "get"}},
    {"wait": {}},
    {"wait": {"for": "soon"}},
    {"wait": {"for": -1}},
    {"wait": {"for": "5m", "reply": {"to": "SMS-1"}}},
    {"wait": {"healthy": {}}},
    {"wait": {"healthy": {"check": "a", "direction": "inbound"}}},
    {"wait": {"event": {"ref": "EVT-1", "state": "over"}}},
    {"report": {}, "on_failure": "skip"},
    {"report": {}, "on_failure": {"gotoo": "x"}},
    {"report": {}, "retry": {"times": 1}},
    {"report": {}, "retry": 3},
    {"report": {}, "timeout": "soon"},
    {"parallel": {"branches": [[EXAMPLES["parallel"]["branches"][0][0]]]}},
    {"report": {}, "id": "With-Capitals"},
]
BAD_HEADS: list[dict[str, Any]] = [
    {"kind": "accident"},
    {"name": "Capital"},
    {"inputs": {"Site": {}}},
    {"inputs": {"site": {"type": "choice"}}},
    {"inputs": {"site": {"type": "choice", "choices": []}}},
    {"inputs": {"site": {"type": "choice", "choices": ["a", "a"]}}},
    {"inputs": {"site": {"choices": ["a"]}}},
    {"inputs": {"site": {"required": "yes"}}},
    {"inputs": {"site": {"default": True}}},
    {"objectives": {"fast": "soon"}},
    {"on": {"alert": {}}},
    {"on": {"alert": {"check": "a", "direction": "inbound"}}},
    {"on": {"cron": "0 9 * *"}},
    {"on": "alert"},
    {"steps": []},
    {"step": []},
]


@pytest.mark.parametrize("step", GOOD, ids=str)
def test_what_loads_is_taken_by_the_schema(step: dict[str, Any]) -> None:
    document = book(step)
    document["steps"].append({"id": "z", "title": "Z", "report": {}})
    if isinstance(step.get("on_failure"), dict):
        step = {**step, "on_failure": {"goto": "z"}}
        document["steps"][0] = {"id": "a", "title": "A", **step}
    assert loads(document)
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "document",
    [*map(book, BAD), *({**book({"report": {}}), **head} for head in BAD_HEADS)],
    ids=str,
)
def test_what_types_can_refuse_is_refused_by_both(document: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(document)
    assert not loads(document)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 400), st.sampled_from(
        ["", "x", "5m", "soon", "inbound", "both", "healthy", "ask", "GET", "safe", "a", "yes",
         "{{ run.ref }}", "text", "choice", "EVT-1", "ended", "0 9 * * tue"]
    ),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A runbook with every action, one value of which is something else or missing."""
    steps = [
        {"id": f"s_{name}", "title": name, name: EXAMPLES[name]}
        for name in draw(st.lists(st.sampled_from(ACTION_NAMES), min_size=1, unique=True))
    ]
    document: dict[str, Any] = {
        "name": "book", "title": "Book", "kind": "incident",
        "on": {"alert": {"direction": "inbound"}, "cron": "0 9 * * tue"},
        "inputs": {"site": {"type": "choice", "choices": ["a", "b"], "default": "a"},
                   "hours": {"type": "duration", "default": "4h", "title": "How long"}},
        "objectives": {"fast": "10m"},
        "steps": [*steps, {"id": "last", "title": "Last", "timeout": "5m", "when": "run.ref",
                           "retry": {"times": 3, "every": "5s"}, "on_failure": "ask",
                           "report": {}}],
    }  # fmt: skip
    document = yaml.safe_load(yaml.safe_dump(document))  # nothing is shared
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    act = draw(st.sampled_from(["change", "remove", "add"]))
    if act == "remove":
        del place[key]
    elif act == "add" and isinstance(place, dict):
        place[draw(st.sampled_from(["extra", "owner", "for", "report", "say", "check"]))] = draw(
            LEAVES
        )
    else:
        place[key] = draw(LEAVES)
    return document


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_the_schema_refuses_nothing_that_loads(document: dict[str, Any]) -> None:
    if loads(document):
        VALIDATOR.validate(document)


def test_rejected_files_that_the_schema_takes_are_wrong_in_what_it_cannot_say() -> None:
    """Each is in this list on purpose: a new one belongs in the schema, if it can be said there."""
    taken = set()
    for path in REJECTED.glob("*.yaml"):
        try:
            data = SourceFile.read(path).data
        except BadInput:
            continue
        if VALIDATOR.is_valid(data):
            taken.add(path.stem)
    assert taken == {
        "bad-trigger",  # a time that never comes
        "condition-in-braces",
        "conditions-that-never-hold",
        "goto-across-branches",
        "goto-backwards",
        "goto-nowhere",
        "nested-inputs",
        "runs-itself",
        "template-in-a-title",
        "template-of-other-files",
        "template-of-unknown-names",
        "template-syntax",
        "two-steps-of-one-id",
        "unknown-nested-runbook",
        "unknown-objective",
    }
