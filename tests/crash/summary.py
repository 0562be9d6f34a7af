"""One closing line of the test run: how often the bot was killed, and what came of it."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Printed below the results, whichever worker has killed; a line for each database."""
    deaths: dict[str, list[str]] = {}
    plays: dict[str, int] = {}
    noticed: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when != "call" or "deaths" not in (told := dict(report.user_properties)):
                continue
            database, plot, places = told["deaths"]
            deaths.setdefault(database, []).extend(f"{plot}: {place}" for place in places)
            plays[database] = plays.get(database, 0) + 1
            noticed[database] = noticed.get(database, 0) + (outcome == "failed")
            seconds[database] = seconds.get(database, 0.0) + report.duration
    for database, places in deaths.items():
        known = {place for place in places if not place.endswith(": ")}
        terminalreporter.write_line(
            f"On {database} the bot was killed {len(places)} times in {plays[database]} plays"
            f" ({seconds[database]:.0f} s), at {len(known)} distinct writes and requests and"
            f" {sum(place.endswith(': ') for place in places)} times in between;"
            f" it showed outside in {noticed[database]}."
        )
