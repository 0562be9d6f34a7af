"""Templates: filled in from the run, and helpful when something is missing."""

from __future__ import annotations

from typing import Any

import pytest

from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.templates import Templates, names_in, names_in_condition

CONTEXT: dict[str, Any] = {
    "inputs": {"site": "Vienna"},
    "steps": {"ask": {"state": "pending", "reason": "", "by": ""}},
}


def filled(text: str) -> str:
    return Templates().render({"text": text}, CONTEXT)["text"]


def test_text_is_filled_in_however_deep_it_stands() -> None:
    body = {"a": ["{{ inputs.site }}", {"b": "{{ inputs.site|upper }}"}], "n": 3}
    assert Templates().render(body, CONTEXT) == {"a": ["Vienna", {"b": "VIENNA"}], "n": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ inputs.sight }}", r"there is no `sight` \(there is: site\)"),
        ("{{ steps.ask.choice }}", r"the step is pending and has: state, reason, by"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
    ],
)
def test_what_cannot_be_filled_in_is_told(text: str, words: str) -> None:
    with pytest.raises(Fault, match=words):
        filled(text)


def test_what_a_person_typed_is_never_read_as_a_template() -> None:
    context = {"inputs": {"site": "{{ 7 * 7 }}"}}
    assert Templates().render({"t": "{{ inputs.site }}"}, context) == {"t": "{{ 7 * 7 }}"}


@pytest.mark.parametrize("condition", ["steps.ask.choice", "steps.ask.choice == 'go'", "1 +"])
def test_a_condition_that_cannot_be_worked_out_is_told(condition: str) -> None:
    with pytest.raises(Fault, match="cannot be worked out"):
        Templates().holds(condition, CONTEXT)


def test_a_condition_is_an_expression_over_the_run() -> None:
    assert Templates().holds("inputs.site in ['Vienna', 'Graz']", CONTEXT)
    assert not Templates().holds("steps.ask.state == 'done'", CONTEXT)


def test_the_names_a_template_uses_are_found_without_running_it() -> None:
    text = "{% for n in inputs.list %}{{ n.x }}{{ steps['a'].b }}{% endfor %}{{ run.ref|upper }}"
    assert names_in(text) == [("inputs", "list"), ("steps", "a", "b"), ("run", "ref")]
    assert names_in_condition("not event.late") == [("event", "late")]


@pytest.mark.parametrize("text", ["{{ a", "{{ a|unknown_filter }}", "{% if x %}"])
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="not a valid template"):
        names_in(text)
