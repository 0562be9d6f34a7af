"""Runbook files: what is wrong with them is told at once, with line, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuitybot.errors import BadInput
from continuitybot.runbooks import load_runbooks, load_text, shipped_folder
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.schema import ACTION_NAMES, StepSource
from rig.rehearsed import runbook

BAD = """\
name: Bad Name
kind: drll
on: {cron: "99 * * * *"}
inputs:
  hours: {type: duration, default: soon}
  site: {required: true}
steps:
  - id: a
    title: A
    chek: {}
  - id: a
    title: A again
    say: {text: "{{ input.hours }} {{ inputs.hour }} {{ steps.b.x }} {{ run.rf }}"}
    on_failure: {goto: nowhere}
    ownr: me
  - id: b
    title: B
    when: 1 +
    say: {text: "{{ steps.a.foo }}"}
    on_failure: stopp
    objective: fast
  - id: c
    title: C
    say: {text: "{{ broken"}
    on_failure: {goto: b}
  - id: d
    title: D
    say: {text: x}
    page: {text: y}
"""

EXPECTED = [
    (1, "name"),
    (1, "`title` is missing"),
    (2, "kind"),
    (3, "99"),
    (5, "soon"),
    (6, "a default for every required input"),
    (10, "Did you mean `check`"),
    (11, "two steps have this id"),
    (13, "nothing is called `input`. Did you mean `inputs`"),
    (13, "there is no input `hour`. Did you mean `hours`"),
    (13, "the step `b` has not run by then. Move it before this one"),
    (13, "a run has no `rf`. Did you mean `ref`"),
    (14, "goto leads to no later step of this list (found nowhere)"),
    (15, "Did you mean `owner`"),
    (18, "is not a condition"),
    (20, "stopp"),
    (21, "there is no such objective (found fast)"),
    (24, "is not a valid template"),
    (25, "goto leads forward only (found b). Use `retry`"),
    (26, "exactly one action, this one has page and say"),
]


def problems_of(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        load_text("bad.yaml", text)
    return str(caught.value)


@pytest.mark.parametrize(("line", "words"), EXPECTED)
def test_every_fault_is_told_at_its_line_with_a_remedy(line: int, words: str) -> None:
    told = [one for one in problems_of(BAD).splitlines() if f"bad.yaml:{line}:" in one]
    assert any(words in one for one in told), told


def test_an_output_that_a_step_does_not_give_is_told_with_those_it_gives() -> None:
    told = problems_of("""\
name: book
title: Book
kind: incident
steps:
  - {id: a, title: A, check: {}}
  - {id: b, title: B, say: {text: "{{ steps.a.failin }}"}}
""")
    assert "bad.yaml:6:" in told
    assert "the step `a` gives no `failin`. Did you mean `failing`?" in told


def test_two_branches_may_not_ask_for_approval_at_once() -> None:
    told = problems_of("""\
name: book
title: Book
kind: incident
steps:
  - id: both
    title: Both
    parallel:
      branches:
        - - {id: a, title: A, approve: {text: a}}
        - - {id: b, title: B, approve: {text: b}}
""")
    assert "bad.yaml:7:" in told
    assert "two branches ask for approval of the same run at once" in told


def folder_of(tmp_path: Path, **books: str) -> Path:
    for name, steps in books.items():
        text = f"name: {name}\ntitle: T\nkind: incident\nsteps:\n{steps}"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


RUNS = "  - {{id: s, title: S, run: {{runbook: {0}}}}}\n"


def test_a_nested_runbook_must_exist(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, first=RUNS.format("secnd"), second="  - {id: s, title: S, report: {}}"
    )
    with pytest.raises(BadInput, match=r"first.yaml:5:.*no such runbook.*Did you mean `second`"):
        load_runbooks([folder])


def test_runbooks_may_not_run_in_a_circle(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, first=RUNS.format("second"), second=RUNS.format("first"))
    with pytest.raises(BadInput, match="would run itself: first -> second -> first"):
        load_runbooks([folder])


def test_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    bad = "  - {id: s, title: S, sya: {text: x}}\n"
    with pytest.raises(BadInput) as caught:
        load_runbooks([folder_of(tmp_path, first=bad, second=bad), tmp_path / "missing"])
    told = str(caught.value)
    assert all(words in told for words in ("first.yaml:5:", "second.yaml:5:", "is not a folder"))


def test_a_runbook_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: fail-back\ntitle: Ours\nkind: incident\nsteps: [{id: a, title: A, report: {}}]\n",
        encoding="utf-8",
    )
    assert load_runbooks([shipped_folder(), tmp_path])["fail-back"].title == "Ours"


def test_a_body_of_a_runbook_is_kept_as_it_was_written() -> None:
    (step,) = runbook("- {id: w, title: W, wait: {healthy: {direction: inbound, for: 90}}}").steps
    assert step.body == {"healthy": {"direction": "inbound", "for": "1m30s"}}


def test_every_action_can_be_written_in_a_step() -> None:
    assert set(ACTION_NAMES) <= set(StepSource.model_fields)
    for name, action in ACTIONS.items():
        assert action.name == name
        assert action.body in StepSource.model_fields[name].annotation.__args__


def test_outputs_of_an_action_do_not_hide_what_every_step_has() -> None:
    assert not [one for one in ACTIONS.values() if one.outputs & {"state", "reason", "by"}]
