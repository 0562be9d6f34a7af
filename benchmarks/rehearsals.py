"""How fast rehearsals are: steps of a second, and as a ratio to the bare engine.

    python benchmarks/rehearsals.py [--steps 100] [--runs 10]

The baseline is `advance` alone, fed by hand with the same events: no stage, no simulated outside,
no comparison. Both play the same runbook, one `say` after another with a template in each, in one
process and with warm caches; the median of five rounds counts.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from continuitybot.runbooks import events, load_text
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import new_run
from continuitybot.runbooks.rehearsal import rehearse_one
from continuitybot.runbooks.running import RULES
from continuitybot.runbooks.scenario import Scenario
from continuitybot.runbooks.scenario_files import ScenarioFile
from continuitybot.sourcefile import SourceFile

_START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
_ROUNDS = 5


def runbook(steps: int) -> Definition:
    """A runbook of so many steps, each of which tells about the one before."""
    lines = ["name: long", "title: Long", "kind: incident", "steps:"]
    for n in range(steps):
        told = f"{{{{ steps.s{n - 1}.state }}}}" if n else "begins"
        lines.append(f'  - {{id: s{n}, title: Step {n}, say: {{text: "Step {n}: {told}"}}}}')
    return load_text("long.yaml", "\n".join(lines))


def bare(definition: Definition) -> None:
    """The engine alone."""
    run, effects = advance(
        new_run("RUN-1", definition, {}, _START), events.Started(), _START, RULES
    )
    while effects:
        run, effects = advance(run, events.EffectSucceeded(effects[0].key), _START, RULES)
    if run.state != "finished":
        raise RuntimeError(f"the run is {run.state}")


def rehearsal(definition: Definition) -> None:
    """The same run, rehearsed and compared with what is expected of its last step."""
    last = definition.steps[-1].id
    expect = {"state": "finished", "steps": {last: "done"}, "order": [f"{last} done"]}
    scenario = Scenario.model_validate({"title": "Long", "expect": expect})
    told = ScenarioFile("long", definition, scenario, SourceFile("long.yaml", "title: Long"))
    result = asyncio.run(rehearse_one(told, {definition.name: definition}))
    if not result.ok:
        raise RuntimeError(str(result))


def seconds(play: Callable[[Definition], None], definition: Definition, runs: int) -> float:
    """The median time of so many runs."""
    play(definition)
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        for _ in range(runs):
            play(definition)
        rounds.append(time.perf_counter() - begun)
    return statistics.median(rounds)


def main() -> None:
    """Print what was measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=100, help="steps of a run")
    options.add_argument("--runs", type=int, default=10, help="runs of a round")
    chosen = options.parse_args()
    definition = runbook(chosen.steps)
    count = chosen.steps * chosen.runs
    engine = seconds(bare, definition, chosen.runs)
    rehearsed = seconds(rehearsal, definition, chosen.runs)
    lines = (
        f"{count} steps in {chosen.runs} runs of {chosen.steps}",
        f"bare engine  {engine:6.3f} s  {count / engine:8.0f} steps/s",
        f"rehearsed    {rehearsed:6.3f} s  {count / rehearsed:8.0f} steps/s",
        f"a rehearsed step costs {rehearsed / engine:.1f} of a bare one",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
