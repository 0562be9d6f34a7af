"""A run carries its runbook, and it can be said how the file has changed since."""

from __future__ import annotations

import pytest

from continuitybot.runbooks import load_runbooks, load_text, shipped_folder
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drift import drift, written
from continuitybot.store import from_document, to_document
from rig.rehearsed import runbook

SHIPPED = load_runbooks([shipped_folder()])
EVERY_RULE = """
- id: a
  title: "Ä: \\"quoted\\" {{ inputs.x }}"
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


def test_what_has_changed_is_shown_line_by_line() -> None:
    then = runbook("- {id: a, title: A, say: {text: Hello}}\n- {id: b, title: B, report: {}}")
    now = runbook("- {id: a, title: A, say: {text: Good day}}\n- {id: b, title: B, report: {}}")
    lines = drift("RUN-4", then, now).lines
    assert lines[:2] == ("--- book as RUN-4 carries it", "+++ book as it is now")
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        "-    text: Hello",
        "+    text: Good day",
    ]


def test_a_runbook_that_is_gone_is_said_to_be() -> None:
    assert drift("RUN-4", BOOKS[0], None).is_gone
