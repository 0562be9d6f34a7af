"""Templates: filled in from the run, and helpful when something is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from continuitybot.runbooks.filters import FILTERS
from continuitybot.runbooks.moves import Fault
from continuitybot.runbooks.reading import read_condition, read_template
from continuitybot.runbooks.templates import Templates

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
        ("{{ inputs.sight }}", r"there is no `sight` \(there is: site\). Did you mean `site`"),
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
    found = read_template(text).names
    assert found == (("inputs", "list"), ("steps", "a", "b"), ("run", "ref"))
    assert read_condition("not event.late").names == (("event", "late"),)


def test_the_words_that_names_are_compared_with_are_found_without_running_it() -> None:
    condition = "steps.a.choice == 'go' or 'x' != inputs.y or inputs.z in ['one', 'two'] or 1 == 2"
    assert read_condition(condition).comparisons == (
        (("steps", "a", "choice"), "go"),
        (("inputs", "y"), "x"),
        (("inputs", "z"), "one"),
        (("inputs", "z"), "two"),
    )


TOO_DEEP = "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ a", "unexpected end of template"),
        ("{{ a|uper }}", "there is no filter `uper`. Did you mean `upper`"),
        ("{{ a is strng }}", "there is no test `strng`. Did you mean `string`"),
        ("{% if x %}", "Unexpected end of template"),
        ("{% include 'other.txt' %}", "more than `if` and `for`"),
        ("{% import 'other.txt' as o %}", "more than `if` and `for`"),
        ("{% set a = 1 %}", "more than `if` and `for`"),
        ("{% if x %}{% macro m() %}{% endmacro %}{% endif %}", "more than `if` and `for`"),
        (TOO_DEEP, "nested too deeply"),
        ("{{ a }}" * 3000, "longer than 20000 characters"),
    ],
)
def test_what_is_no_template_is_refused(text: str, words: str) -> None:
    with pytest.raises(Fault, match=words):
        read_template(text)


LOOP = "{% for i in range(200) %}"
END = "{% endfor %}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ range(10 ** 9) }}", "more than 200 numbers"),
        ("{% for letter in 'x' * 900 %}x{% endfor %}", "round more than 200 times"),
        (LOOP * 3 + "x" + END * 3, "loops stand in loops in loops"),
        (LOOP * 2 + "long" + END * 2, "longer than 20000 characters"),
        ("{{ 'x' * 10 ** 9 }}", "longer than 20000 characters"),
        ("{{ 10 ** 9 * [1] }}", "longer than 20000 characters"),
        ("{{ 9 ** 9 ** 9 }}", "a number becomes too large"),
        ("{{ 1e300 * 1e300 }}", "a number becomes too large"),
        ("{{ ('x' * 9999) | replace('x', 'xyz') }}", "longer than 20000 characters"),
        ("{{ '%999999999d' % 1 }}", "does not put values into a text"),
        ("{{ '{:>999999999}'.format(1) }}", "format"),
        ("{{ 'x'.ljust(999999999) }}", "`ljust` cannot be used here"),
        ("{{ 1.5 | round(999999999) }}", "takes 0 to 6 digits"),
        ("{{ lipsum(n=999999999) }}", "there is no `lipsum`"),
        ("{{ inputs.update(site='Graz') }}", "`update` cannot be used here"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
        ("{{ '' | attr('__class__') }}", "attr"),
        ("{{ range.__globals__ }}", "__globals__"),
        ("{{ inputs.items.__self__ }}", "__self__"),
        ("{{ self._TemplateReference__context }}", "_TemplateReference__context"),
        ("{{ steps.ask.by | time('Vienna') }}", "is no moment, such as 2026-03-10T09:00:00Z"),
        ("{{ '2026-03-10T09:00:00Z' | time('Vienna') }}", "is no time zone"),
        ("{{ 'soon' | duration }}", "a duration is a number with"),
    ],
)
def test_nothing_runs_away_or_reaches_beyond_the_run(text: str, words: str) -> None:
    with pytest.raises(Fault, match=words):
        filled(text)


FILLED = {
    "{{ 3 - 5 | abs }}": "-2",
    "{{ inputs.site | upper }} {{ inputs.site | lower }}": "VIENNA vienna",
    "{{ 'ab cd' | capitalize }} {{ 'ab cd' | title }}": "Ab cd Ab Cd",
    "{{ steps.ask.choice | default('none') }} {{ '' | default('empty', true) }}": "none empty",
    "{{ ['b', 'a', 'b'] | unique | sort | join(', ') }}": "a, b",
    "{{ [3, 1] | first }}{{ [3, 1] | last }}{{ [3, 1] | length }}": "312",
    "{{ [3, 1] | min }}{{ [3, 1] | max }}{{ [3, 1] | sum }}": "134",
    "{{ '7' | int + 1 }} {{ '2.5' | float * 2 }} {{ 2.567 | round(1) }}": "8 5.0 2.6",
    "{{ ['a', 'b'] | map('upper') | list }}": "['A', 'B']",
    "{{ [1, 2, 3] | select('odd') | join }}{{ [1, 2, 3] | reject('odd') | join }}": "132",
    "{{ [{'n': 1}, {'n': 0}] | selectattr('n') | map(attribute='n') | join }}": "1",
    "{{ [{'n': 1}, {'n': 0}] | rejectattr('n') | map(attribute='n') | join }}": "0",
    "{{ ' x ' | trim }}{{ 'a-b' | replace('-', '+') }}": "xa+b",
    "{{ 'a rather long text' | truncate(9) }}": "a...",
    "{{ {'a': [1, true]} | tojson }}": '{"a": [1, true]}',
    "{{ 5400 | duration }} {{ 12.4 | duration }} {{ '90m' | duration }}": "1h30m 12s 1h30m",
    "{{ '2026-07-10T22:30:00+00:00' | date('Europe/Vienna') }}": "2026-07-11",
    "{{ '2026-07-10T22:30:00Z' | time('Europe/Vienna') }}": "00:30",
    "{{ '2026-07-10T22:30:00Z' | time }}": "22:30",
    "{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{{ ',' if not loop.last }}{% endfor %}": "a1",
}  # fmt: skip


@pytest.mark.parametrize("text", FILLED)
def test_every_filter_does_what_the_documentation_says(text: str) -> None:
    assert filled(text) == FILLED[text]


def test_no_filter_is_without_a_test() -> None:
    used = {word for text in FILLED for word in re.findall(r"\| (\w+)", text)}
    assert used == set(FILTERS)
