"""One closing line of the test run: how often the bot was killed, and what came of it."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Printed below the results, whichever worker has killed."""
    deaths, runs, noticed = 0, 0, 0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if killed := dict(report.user_properties).get("deaths"):
                deaths, runs = deaths + int(str(killed)), runs + 1
                noticed += outcome == "failed"
    if runs:
        terminalreporter.write_line(
            f"The bot was killed {deaths} times in {runs} runs; it showed outside in {noticed}."
        )
