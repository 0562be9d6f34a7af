"""A run carries its runbook, and it can be said how the file has changed since."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuitybot.runbooks import load_runbooks, load_text, shipped_folder
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drift import drift, written
from continuitybot.store import from_document, to_document
from rig.rehearsed import runbook

SHIPPED = load_runbooks([shipped_folder()])
EVERY_RULE = """
- id: a
  title: "Ä: \\"quoted\\" #"
  when: inputs.x == 'y'
  owner: alice
  timeout: 2m
  retry: {times: 3, every: 30s}
  objective: soon
  on_failure: {goto: c}
  http: {method: POST, url: "https://a.example", json: {a: [1, {b: null}], c: ""}, expect: [201]}
- id: b
  title: B
  parallel:
    branches:
      - - {id: b1, title: B1, say: {text: One}, on_failure: ask}
      - - {id: b2, title: B2, check: {}, on_failure: continue}
- {id: c, title: C, report: {}}
"""
MORE = "on: {cron: '0 9 * * tue'}\ninputs: {x: {default: y}, n: {type: number, default: 0}}\n"
BOOKS = [*SHIPPED.values(), runbook(EVERY_RULE, more=MORE + "objectives: {soon: 5m}")]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_runbook_that_is_written_down_can_be_read_again(book: Definition) -> None:
    assert load_text("again.yaml", written(book)) == book


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_runbook_has_not_changed_by_being_stored(book: Definition) -> None:
    stored = from_document(Definition, to_document(book))
    assert drift("RUN-1", stored, book).lines == ()


THEN = """
- {id: a, title: A, say: {text: Hello}}
- id: both
  title: Both
  parallel:
    branches:
      - - {id: left, title: Left, say: {text: Left}}
      - - {id: right, title: Right, report: {}}
- {id: b, title: B, report: {}}
"""


def changes(then: Definition, now: Definition) -> list[str]:
    lines = list(drift("RUN-4", then, now).lines)
    assert lines.pop(0) == "- as RUN-4 carries it, + as it is now"
    return lines


def test_what_has_changed_in_a_step_is_shown_below_its_name() -> None:
    now = THEN.replace("Hello", "Good day").replace("text: Left", "text: To the left")
    assert changes(runbook(THEN), runbook(now)) == [
        "Step a has changed",
        "    id: a",
        "    title: A",
        "    say:",
        "  -   text: Hello",
        "  +   text: Good day",
        "Step left has changed",
        "    id: left",
        "    title: Left",
        "    say:",
        "  -   text: Left",
        "  +   text: To the left",
    ]


def test_steps_that_are_new_or_gone_are_told() -> None:
    now = THEN.replace("- {id: b, title: B, report: {}}", "- {id: c, title: C, report: {}}")
    titles = [line for line in changes(runbook(THEN), runbook(now)) if not line.startswith(" ")]
    assert titles == ["Step b is gone", "Step c is new"]


def test_another_order_of_the_same_steps_is_told() -> None:
    first, rest = THEN.split("- id: both")
    now = f"- id: both{rest}{first}"
    assert changes(runbook(THEN), runbook(now)) == [
        "The steps stand in another order",
        "  - a",
        "    both",
        "    branch 1",
        "      left",
        "    branch 2",
        "      right",
        "    b",
        "  + a",
    ]


def test_what_stands_above_the_steps_is_compared_too() -> None:
    now = runbook(THEN, more="inputs: {site: {default: Graz}}\nobjectives: {o: 5m}")
    assert "  + inputs:" in changes(runbook(THEN), now)


def test_changes_of_a_runbook_that_it_runs_are_told(tmp_path: Path) -> None:
    def library(word: str) -> Definition:
        for name, step in (("outer", "run: {runbook: inner}"), ("inner", f"say: {{text: {word}}}")):
            text = f"name: {name}\ntitle: T\nkind: incident\nsteps: [{{id: s, title: S, {step}}}]"
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_runbooks([tmp_path])["outer"]

    lines = changes(library("Hello"), library("Goodbye"))
    assert lines[0] == "In inner: Step s has changed"
    assert lines[-2:] == ["  -   text: Hello", "  +   text: Goodbye"]


def test_a_runbook_that_is_gone_is_said_to_be() -> None:
    assert drift("RUN-4", BOOKS[0], None).is_gone
