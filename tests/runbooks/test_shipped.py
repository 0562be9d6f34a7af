"""The shipped runbooks do what their rehearsals say, quickly."""

from __future__ import annotations

import time

from continuitybot.runbooks import events, load_runbooks, rehearse, shipped_folder
from continuitybot.runbooks.coverage import coverage_of
from continuitybot.runbooks.scenario_files import load_scenarios
from rig.rehearsed import LedRun, runbook


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


def test_a_thousand_steps_are_rehearsed_within_a_second() -> None:
    book = runbook("\n".join(f"- {{id: s{n}, title: S, say: {{text: x}}}}" for n in range(100)))
    began = time.perf_counter()
    for _ in range(10):
        led = LedRun(book)
        for n in range(100):
            led.happens(events.EffectSucceeded(f"RUN-1/s{n}/1"))
        assert led.run.state == "finished"
    assert time.perf_counter() - began < 1
