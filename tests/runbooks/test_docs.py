"""What docs/writing-runbooks.md shows can be loaded, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from continuitybot.runbooks import load_text, shipped_folder
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.rehearsal import rehearse_one
from continuitybot.runbooks.scenario import Expect, Given, Happening, Part, Result
from continuitybot.runbooks.scenario_files import load_scenario
from continuitybot.runbooks.schema import ACTION_NAMES, STEP_RULES, RunbookSource
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
def test_every_example_of_a_step_can_be_loaded(block: str) -> None:
    runbook(BEFORE + block, more=INPUTS)


def section_of(action: str) -> str:
    return TEXT.split(f"\n### {action}\n", 1)[-1].split("\n### ", 1)[0].split("\n## ", 1)[0]


@pytest.mark.parametrize("action", ACTION_NAMES)
def test_every_action_has_a_section_with_an_example_of_it(action: str) -> None:
    assert f"\n### {action}\n" in TEXT
    assert re.search(rf"\b{action}: ?(\{{|\n)", section_of(action))


@pytest.mark.parametrize("action", ACTIONS)
def test_every_output_of_an_action_is_named_in_its_section(action: str) -> None:
    missing = [name for name in ACTIONS[action].outputs if f"`{name}`" not in section_of(action)]
    assert set(missing) <= {"text", "approval"}


def test_every_key_of_a_runbook_a_step_and_a_scenario_is_explained() -> None:
    told = (RunbookSource, Given, Part, Result, Happening, Expect)
    for key in (*STEP_RULES, *(name for kind in told for name in kind.model_fields)):
        assert f"`{key}`" in TEXT, key


async def test_the_whole_example_goes_as_its_rehearsal_says(tmp_path: Path) -> None:
    definition = load_text("vendor-outage.yaml", WHOLE)
    path = tmp_path / "refused.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    books = {definition.name: definition}
    result = await rehearse_one(load_scenario(path, definition.name, books), books)
    assert not result.differences, indent(str(result), "  ")
