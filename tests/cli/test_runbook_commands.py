"""Runbooks in the terminal: what they say, how they go, and what their rehearsals leave out."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from continuitybot.cli import app
from continuitybot.errors import BadInput, NotFound

BOOK = """\
name: book
title: "A book with [bold]brackets[/] & <tags>"
kind: incident
on:
  alert: {check: mailbox}
inputs:
  hours: {type: duration, default: 2h, title: How long}
  site: {type: choice, choices: [Vienna, Graz], default: Graz}
objectives: {decide: 10m}
steps:
  - id: decide
    title: Decide
    owner: role:admin
    objective: decide
    ask: {text: "Go on for {{ inputs.hours }}?", choices: {go: Go on, wait: Wait}}
  - id: prove
    title: Prove it
    when: steps.decide.choice == 'go'
    timeout: 2m
    retry: {times: 3, every: 30s}
    on_failure: {goto: last}
    canary: {route: standby_inbound}
  - id: both
    title: Do both
    parallel:
      branches:
        - - {id: left, title: Left, say: {text: To the left}, on_failure: continue}
        - - {id: right, title: Right, check: {}}
          - {id: far_right, title: Far right, say: {text: To the right}, on_failure: ask}
  - id: last
    title: The last
    say: {text: Done}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one runbook."""
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    return tmp_path


def said(*arguments: object) -> str:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, [str(one) for one in arguments])
    if result.exception is not None:
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_runbook_is_shown_as_a_tree_with_its_rules(folder: Path) -> None:
    shown = said("runbook", "show", "book", folder)
    assert "book  A book with [bold]brackets[/] & <tags>" in shown
    for words in (
        "starts  by an alert of mailbox, or by hand",
        "hours  duration, default 2h (How long)",
        "site  choice, one of Vienna, Graz, default Graz",
        "decide  within 10m",
        "decide  ask  Decide",
        "owner: role:admin",
        "choices: go = Go on, wait = Wait",
        "when: steps.decide.choice == 'go'",
        "timeout: 2m",
        "retry: 3 tries, 30s apart",
        "on failure: go to last",
        "on failure: a person decides",
    ):
        assert words in shown, words
    assert shown.index("branch 1") < shown.index("left  say") < shown.index("branch 2")


def test_every_shipped_runbook_can_be_shown() -> None:
    for name in ("live-incident", "fail-back", "continuity-test", "pre-event-checklist"):
        assert said("runbook", "show", name).startswith(name)


def test_a_runbook_that_is_not_there_is_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(NotFound, match="boook") as refused:
        said("runbook", "show", "boook", folder)
    assert "book" in refused.value.remedy


def test_a_runbook_is_shown_although_another_file_is_broken(folder: Path) -> None:
    (folder / "other.yaml").write_text("name: other\n", encoding="utf-8")
    assert said("runbook", "show", "book", folder).startswith("book")
    with pytest.raises(BadInput, match="`other` is not among the runbooks that can be used"):
        said("runbook", "show", "other", folder)


def test_a_runbook_is_printed_as_a_flowchart_or_drawn_as_a_picture(folder: Path) -> None:
    chart = said("runbook", "graph", "book", folder)
    assert chart.startswith("flowchart TD")
    assert "step_prove -. on failure .-> step_last" in chart
    picture = said("runbook", "graph", "book", folder, "--format", "svg")
    assert picture.startswith("<svg ")
    assert "A book with [bold]brackets[/] &amp; &lt;tags&gt;" in picture


GOES = """\
title: It goes on, and the proof fails
results:
  decide: {answer: go}
  prove: {fails: Nothing came.}
expect: {state: finished}
"""


def rehearsal(folder: Path, text: str) -> None:
    place = folder / "rehearsals" / "book"
    place.mkdir(parents=True, exist_ok=True)
    (place / "goes.yaml").write_text(text, encoding="utf-8")


def test_coverage_says_what_was_rehearsed_and_what_never_was(folder: Path) -> None:
    rehearsal(folder, GOES)
    shown = said("rehearse", "--coverage", folder)
    assert "1 passed, 0 failed" in shown
    assert "book: 1 rehearsal\n" in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.split()}
    assert rows["decide"] == ["1", "1", "-", "-", "go", "1,", "wait", "0"]
    assert rows["prove"] == ["1", "-", "1", "-"]
    assert rows["last"] == ["1", "1", "-", "-"]
    never = [line.partition("never rehearsed: ")[2] for line in shown.splitlines()]
    assert [gap for gap in never if gap] == [
        "decide is never answered `wait`",
        "prove is never done",
        "prove is never skipped",
        "both never begins",
        "left never begins",
        "right never begins",
        "far_right never begins",
    ]


def test_gaps_are_no_failure_but_a_rehearsal_that_fails_still_is_one(folder: Path) -> None:
    assert "book: 0 rehearsals" in said("rehearse", "--coverage", folder)
    rehearsal(folder, GOES.replace("finished", "failed"))
    failed = CliRunner().invoke(app, ["rehearse", "--coverage", str(folder)])
    assert failed.exit_code == 1
    assert "never rehearsed: both never begins" in failed.output
