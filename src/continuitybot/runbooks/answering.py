"""The line that answers what a step asks: the same in chat, in the console and by SMS."""

from __future__ import annotations

from collections.abc import Iterable


def line_for_item(run: str, item: str, evidence: bool | str = False) -> str:
    """How an item is ticked off."""
    shown = {True: " WHAT-SHOWS-IT", "link": " LINK"}.get(evidence, "")
    return f"DONE {run} {item}{shown}"


def line_for_question(run: str, step: str, choices: Iterable[str], code: str = "") -> str:
    """How a question is answered; `code` is what a text message needs besides."""
    answers = "/".join(choices) or "YOUR-ANSWER"
    return f"ANSWER {run} {step} {answers} {code}".rstrip()


def line_for_trouble(run: str, step: str) -> str:
    """What can be said about a step that failed, or may have happened."""
    return f"STEP DONE {run} {step} (or RETRY, SKIP, FAIL)"
