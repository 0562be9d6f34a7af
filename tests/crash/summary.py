"""The closing lines of the test run: how often the bot was killed, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest


@dataclass
class _Toll:
    """What it came to on one database; a place is "" where the bot died between writes."""

    places: list[tuple[str, str]] = field(default_factory=list)
    trials: int = 0
    noticed: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        anywhere = sum(not place for _, place in self.places)
        known = len({one for one in self.places if one[1]})
        return (
            f"the bot was killed {len(self.places)} times in {self.trials} trials of"
            f" {self.seconds:.0f} s: at {known} distinct writes and requests, and {anywhere} times"
            f" anywhere; it showed outside in {self.noticed}"
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Printed below the results, whichever worker has killed; a line for each database."""
    tolls: dict[str, _Toll] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            told = dict(report.user_properties).get("deaths")
            if report.when == "call" and told is not None:
                database, plot, places = told
                toll = tolls.setdefault(database, _Toll())
                toll.places += [(plot, place) for place in places]
                toll.trials += 1
                toll.noticed += outcome == "failed"
                toll.seconds += report.duration
    for database, toll in tolls.items():
        terminalreporter.write_line(f"On {database} {toll}.")
