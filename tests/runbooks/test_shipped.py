"""The shipped runbooks do what their rehearsals say, quickly."""

from __future__ import annotations

import time
from pathlib import Path

import jsonschema
import pytest

from continuitybot.runbooks import load_runbooks, rehearse, shipped_folder
from continuitybot.runbooks.coverage import coverage_of
from continuitybot.runbooks.rehearsal import rehearse_one
from continuitybot.runbooks.scenario import scenario_schema
from continuitybot.runbooks.scenario_files import load_scenarios


async def test_every_rehearsal_of_the_shipped_runbooks_goes_as_expected() -> None:
    results = await rehearse([shipped_folder()])
    assert results
    assert not [str(result) for result in results if not result.ok]


def test_every_shipped_runbook_rehearses_success_a_failed_step_and_a_refusal() -> None:
    books = load_runbooks([shipped_folder()])
    found: dict[str, set[str]] = {name: set() for name in books}
    for one in load_scenarios([shipped_folder()], books):
        kinds = found[one.definition.name]
        results = [result for listed in one.scenario.results.values() for result in listed]
        if any(result.refused is not None for result in results) or "evidence" in one.name:
            kinds.add("a refusal")
        if "failed" in one.scenario.expect.steps.values():
            kinds.add("a failed step")
        if one.name == "success":
            kinds.add("success")
    assert set(books) >= {"pre-event-checklist", "continuity-test", "live-incident", "fail-back"}
    for name, kinds in found.items():
        assert kinds == {"success", "a failed step", "a refusal"}, name


async def test_every_way_through_the_shipped_runbooks_is_rehearsed() -> None:
    results = await rehearse([shipped_folder()])
    courses = [course for result in results for _, course in result.courses]
    for definition in load_runbooks([shipped_folder()]).values():
        assert coverage_of(definition, courses).gaps == (), definition.name


def test_the_shipped_rehearsals_fit_the_schema_that_editors_get() -> None:
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    files = load_scenarios([shipped_folder()], load_runbooks([shipped_folder()]))
    for one in files:
        jsonschema.validate(one.file.data, schema)
    with pytest.raises(jsonschema.ValidationError, match="'answr' was unexpected"):
        jsonschema.validate(
            {"title": "T", "expect": {"state": "finished"}, "results": {"a": {"answr": "go"}}},
            schema,
        )


async def test_a_thousand_steps_are_rehearsed_within_a_second(tmp_path: Path) -> None:
    steps = "\n".join(f"  - {{id: s{n}, title: S, say: {{text: x}}}}" for n in range(100))
    head = "name: long\ntitle: Long\nkind: incident\nsteps:\n"
    (tmp_path / "long.yaml").write_text(head + steps, encoding="utf-8")
    folder = tmp_path / "rehearsals" / "long"
    folder.mkdir(parents=True)
    for n in range(10):
        expect = "{state: finished, order: [s0 done, s99 done]}"
        (folder / f"{n}.yaml").write_text(f"title: T\nexpect: {expect}", encoding="utf-8")
    definitions = load_runbooks([tmp_path])
    scenarios = load_scenarios([tmp_path], definitions)
    began = time.process_time()
    results = [await rehearse_one(one, definitions) for one in scenarios]
    assert time.process_time() - began < 1
    assert [result.ok for result in results] == [True] * 10
