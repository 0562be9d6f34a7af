"""The shipped runbooks do what their rehearsals say, quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from continuitybot.errors import BadInput
from continuitybot.runbooks import events, load_runbooks, rehearse, shipped_folder
from continuitybot.runbooks.scenario import load_scenario, scenario_files
from rig.rehearsed import LedRun, runbook


async def test_every_rehearsal_of_the_shipped_runbooks_goes_as_expected() -> None:
    results = await rehearse([shipped_folder()])
    assert results
    assert not [str(result) for result in results if not result.ok]


def test_every_shipped_runbook_rehearses_success_a_failed_step_and_a_refusal() -> None:
    books = load_runbooks([shipped_folder()])
    found: dict[str, set[str]] = {name: set() for name in books}
    for name, path in scenario_files([shipped_folder()]):
        scenario = load_scenario(path, books[name])
        results = [one for listed in scenario.results.values() for one in listed]
        states = {*scenario.expect.steps.values()}
        if any(one.refused is not None for one in results) or "evidence" in path.stem:
            found[name].add("a refusal")
        if "failed" in states:
            found[name].add("a failed step")
        if path.stem == "success":
            found[name].add("success")
    assert set(books) >= {"pre-event-checklist", "continuity-test", "live-incident", "fail-back"}
    for name, kinds in found.items():
        assert kinds == {"success", "a failed step", "a refusal"}, name


BOOK = """
name: book
title: Book
kind: incident
steps:
  - {id: a, title: A, check: {}, retry: {times: 2, every: 5m}}
  - {id: b, title: B, say: {text: Hello there}}
"""


async def rehearsed(tmp_path: Path, scenario: str) -> str:
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    folder = tmp_path / "rehearsals" / "book"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_text(f"title: One\n{scenario}", encoding="utf-8")
    (result,) = await rehearse([tmp_path])
    return str(result)


async def test_a_rehearsal_that_goes_otherwise_says_what_was_expected_and_found(
    tmp_path: Path,
) -> None:
    told = await rehearsed(tmp_path, """
results:
  a: {returns: {ok: false, failing: [in], detail: deferred}}
expect:
  state: finished
  steps: {a: done, b: done}
  says: [Hello]
  within: 1m
""")  # fmt: skip
    assert told.startswith("FAIL book/one: One")
    for words in (
        "the run: expected finished, found failed (a: deferred)",
        "step a: expected done, found failed (deferred)",
        "step b: expected done, found pending",
        "never said: 'Hello'",
        "it took 5m, expected at most 1m",
    ):
        assert words in told


async def test_words_in_another_order_are_told_apart(tmp_path: Path) -> None:
    told = await rehearsed(tmp_path, "expect: {state: finished, says: [there, Hello]}")
    assert "out of order: 'Hello'" in told


async def test_a_scenario_with_a_misspelt_step_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"one.yaml:2:\d+: book has no step `aa`"):
        await rehearsed(tmp_path, "results: {aa: {fails: x}}\nexpect: {state: finished}")


def test_a_thousand_steps_are_rehearsed_within_a_second() -> None:
    book = runbook("\n".join(f"- {{id: s{n}, title: S, say: {{text: x}}}}" for n in range(100)))
    began = time.perf_counter()
    for _ in range(10):
        led = LedRun(book)
        for n in range(100):
            led.happens(events.EffectSucceeded(f"RUN-1/s{n}/1"))
        assert led.run.state == "finished"
    assert time.perf_counter() - began < 1
