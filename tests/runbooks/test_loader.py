"""Runbook files: what is wrong with them is told at once, with line, value and remedy."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from continuitybot.errors import BadInput
from continuitybot.runbooks import load_runbooks, load_text, read_library, shipped_folder
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


def test_a_nested_runbook_with_a_fault_is_told_once_where_the_fault_is(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, first=RUNS.format("second"), second="  - {id: s, title: S}")
    (problem,) = read_library([folder]).problems
    assert "second.yaml:5:" in str(problem)


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


# ------------------------------------------------------------- what can be used all the same


def test_a_broken_file_costs_its_runbook_and_no_other(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, good="  - {id: s, title: S, report: {}}", bad="  - {id: s}")
    library = read_library([folder])
    assert list(library.definitions) == ["good"]
    assert any("bad.yaml:5:" in str(problem) for problem in library.problems)


@pytest.mark.parametrize("text", ["name: fail-back\nsteps: []\n", "a: [\n", "\0"])
def test_a_shipped_runbook_does_not_stand_in_for_a_broken_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "fail-back.yaml").write_text(text, encoding="utf-8")
    library = read_library([shipped_folder(), tmp_path])
    assert "fail-back" not in library.definitions
    assert "live-incident" in library.definitions
    assert library.problems


def test_of_two_runbooks_of_one_name_neither_can_be_used(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, one="  - {id: s, title: S, report: {}}")
    text = (folder / "one.yaml").read_text(encoding="utf-8")
    (folder / "two.yaml").write_text(text, encoding="utf-8")
    library = read_library([folder])
    assert not library.loaded
    (told,) = library.problems
    assert str(told).endswith(
        f"two.yaml:1:1: two runbooks have this name (found one). Rename one; the other is "
        f"{folder}/one.yaml."
    )


def test_a_runbook_carries_those_it_runs(tmp_path: Path) -> None:
    steps = {"first": RUNS.format("second"), "second": RUNS.format("third")}
    folder = folder_of(tmp_path, **steps, third="  - {id: s, title: S, report: {}}")
    books = load_runbooks([folder])
    assert books["first"].nested == {"second": books["second"]}
    assert books["second"].nested == {"third": books["third"]}


def test_runbooks_that_run_in_a_circle_cannot_be_used_and_those_before_them_can(
    tmp_path: Path,
) -> None:
    steps = {name: RUNS.format(to) for name, to in (("a", "b"), ("b", "c"), ("c", "b"))}
    library = read_library([folder_of(tmp_path, **steps)])
    assert list(library.definitions) == ["a"]
    assert library.definitions["a"].nested == {}
    assert len(library.problems) == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_of_other_systems_are_read_alike(tmp_path: Path, ending: str, mark: str) -> None:
    (tmp_path / "book.yaml").write_bytes(
        (mark + "name: book\ntitle: Ünï\nkind: incident\nsteps: [{id: a, title: A, report: {}}]\n")
        .replace("\n", ending)
        .encode()
    )
    assert load_runbooks([tmp_path])["book"].title == "Ünï"


def test_a_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text("#" * 10_000_000, encoding="utf-8")
    with pytest.raises(BadInput, match="is larger than 2 MB"):
        load_runbooks([tmp_path])


def test_what_is_odd_is_noted_and_no_problem(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text(
        "name: book\ntitle: T\nkind: incident\ninputs: {used: {}, unused: {}}\nsteps:\n"
        "  - {id: a, title: A, say: {text: '{{ inputs.used }}'}}\n"
        "  - {id: b, title: B, when: 1 == 2, report: {}}\n"
        "  - {id: c, title: C, when: inputs.used == 'x', report: {}}\n",
        encoding="utf-8",
    )
    library = read_library([tmp_path])
    assert not library.problems
    assert [str(remark).partition("book.yaml:")[2] for remark in library.remarks] == [
        "4:20: the input `unused` is used nowhere. Leave it out.",
        "7:23: the condition of `b` is the same in every run (found 1 == 2). "
        "Leave the condition or the step out.",
    ]


def test_a_hundred_runbooks_are_read_within_two_seconds_of_work(tmp_path: Path) -> None:
    shipped = (shipped_folder() / "live-incident.yaml").read_text(encoding="utf-8")
    for number in range(100):
        text = shipped.replace("name: live-incident", f"name: live-incident-{number}")
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    began = process_time()
    assert len(load_runbooks([tmp_path])) == 100
    assert process_time() - began < 2
