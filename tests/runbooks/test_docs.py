"""What docs/writing-runbooks.md shows can be loaded, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from continuitybot.runbooks import load_text, shipped_folder
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.definition import PARALLEL, OnFailure, StepDefinition
from continuitybot.runbooks.filters import FILTERS
from continuitybot.runbooks.rehearsal import rehearse_one
from continuitybot.runbooks.scenario import Result, Scenario, load_scenario
from continuitybot.runbooks.schema import ACTION_NAMES, STEP_RULES, ParallelSource, RunbookSource
from rig.rehearsed import runbook

TEXT = (shipped_folder().parent / "docs" / "writing-runbooks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
STEPS = [block for block in BLOCKS if block.startswith("- id:")]
(WHOLE,) = (block for block in BLOCKS if block.startswith("name:"))
(SCENARIO,) = (block for block in BLOCKS if block.startswith("title:"))

INPUTS = "inputs: {duration: {type: duration, default: 4h}, site: {}}"
BEFORE = """\
- {id: confirm, title: Confirm, check: {expect: any}}
- {id: decide, title: Decide, ask: {text: Go, choices: {invoke: Invoke, wait: Wait}}}
- {id: invoke, title: Invoke, invoke: {}}
- {id: tell, title: Tell, broadcast: {text: Mail is down.}}
"""


@pytest.mark.parametrize("block", STEPS)
async def test_every_example_of_a_step_runs_to_its_end(block: str) -> None:
    definition = runbook(BEFORE + block, more=INPUTS)
    people = {
        spot.step.id: _by_a_person(spot.step)
        for spot in definition.spots.values()
        if spot.step.action in {"ask", "do"}
    }
    scenario = Scenario.model_validate(
        {"title": "It goes", "results": people, "expect": {"state": "finished"}}
    )
    went = await rehearse_one(definition, scenario, "example")
    assert went.ok, str(went)
    for id, spot in definition.spots.items():
        may_fail = spot.step.on_failure is OnFailure.CONTINUE
        found = went.course[-1].steps[id]
        assert found.state in {"done", "skipped"} or may_fail, (id, found)


def _by_a_person(step: StepDefinition) -> dict[str, str]:
    if step.action == "ask":
        return {"answer": next(iter(step.body["choices"]))}
    return {"act": "done", "text": "seen"}


def section_of(action: str) -> str:
    return TEXT.split(f"\n### {action}\n", 1)[-1].split("\n### ", 1)[0].split("\n## ", 1)[0]


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_every_action_has_a_section_with_an_example_of_it(action: str) -> None:
    assert f"\n### {action}\n" in TEXT
    assert re.search(rf"\b{action}: ?(\{{|\n)", section_of(action))
    for words in ("Gives ", "After a crash "):
        assert words in section_of(action)
    assert re.search(r"\bfails?\b", section_of(action), re.IGNORECASE)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_output_of_an_action_is_named_in_its_section(action: str) -> None:
    gives = next(line for line in section_of(action).splitlines() if line.startswith("Gives "))
    told = set(re.findall(r"`(\w+)`", gives))
    assert ACTIONS[action].outputs <= told


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_every_field_of_an_action_is_in_its_table_with_its_default(action: str) -> None:
    kind = ParallelSource if action == PARALLEL else ACTIONS[action].body
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section_of(action), re.MULTILINE))
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    assert set(rows) == set(fields)
    for name, field in fields.items():
        if field.is_required():
            assert "needed" in rows[name], name
        elif isinstance(field.default, str) and field.default:
            assert f"`{field.default}`" in rows[name], name


def test_every_filter_is_explained() -> None:
    assert not [name for name in FILTERS if not re.search(rf"`{name}[`(]", TEXT)]


def test_every_key_of_a_runbook_a_step_and_a_result_is_explained() -> None:
    for key in (*RunbookSource.model_fields, *STEP_RULES, *Result.model_fields):
        assert f"`{key}`" in TEXT, key


async def test_the_whole_example_goes_as_its_rehearsal_says(tmp_path: Path) -> None:
    definition = load_text("vendor-outage.yaml", WHOLE)
    path = tmp_path / "refused.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    result = await rehearse_one(definition, load_scenario(path, definition), "refused")
    assert not result.differences, indent(str(result), "  ")
