"""What can be said, and what the bot says to what cannot."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuitybot.chat.grammar import VERBS, Missing, fill, form_of, parse, parse_sms
from continuitybot.errors import Refused
from continuitybot.people.authority import ACTS

HOUR = timedelta(hours=1)

# line, verb, the arguments that were given
SAID: list[tuple[str, str, dict[str, Any]]] = [
    ("help", "help", {}),
    ("help step done", "help", {"verb": "step done"}),
    ("STATUS", "status", {}),
    ("/continuity status", "status", {}),
    ("@continuitybot status", "status", {}),
    ("@Continuitybot: status", "status", {}),
    ("whoami", "whoami", {}),
    ("incident INC-7", "incident", {"ref": "INC-7"}),
    ("ack inc-7", "ack", {"ref": "INC-7"}),
    ("ack INC–7", "ack", {"ref": "INC-7"}),
    ("ack inc7", "ack", {"ref": "INC-7"}),
    ("ack 7", "ack", {"ref": "INC-7"}),
    ("ack #7", "ack", {"ref": "INC-7"}),
    ("ack INC-007", "ack", {"ref": "INC-7"}),
    ('note INC-7 "called the provider"', "note", {"ref": "INC-7", "text": "called the provider"}),
    ("note 7 don't panic – call", "note", {"ref": "INC-7", "text": "don't panic – call"}),
    ("note 7 use --force   now", "note", {"ref": "INC-7", "text": "use --force   now"}),
    ("update 7 “Half an hour.”", "update", {"ref": "INC-7", "text": "Half an hour."}),
    ("mute mx-inbound 2h", "mute", {"check": "mx-inbound", "for": 2 * HOUR}),
    ("mute inc-7 30m", "mute", {"check": "INC-7", "for": HOUR / 2}),
    ("unmute mx-inbound", "unmute", {"check": "mx-inbound"}),
    ("invoke", "invoke", {}),
    ("invoke --for 4h", "invoke", {"for": 4 * HOUR}),
    ("invoke —for=4h", "invoke", {"for": 4 * HOUR}),
    ("invoke --domain a.example --domain b.example", "invoke",
     {"domain": ("a.example", "b.example")}),
    ("invoke --domain a.example,b.example", "invoke", {"domain": ("a.example", "b.example")}),
    ('invoke --at "tomorrow 06:00" –reason “mail is down”', "invoke",
     {"at": "tomorrow 06:00", "reason": "mail is down"}),
    ("invoke --incident 7", "invoke", {"incident": "INC-7"}),
    ("extend 3 1h30m", "extend", {"ref": "EVT-3", "for": 1.5 * HOUR}),
    ("failback EVT-3", "failback", {"ref": "EVT-3"}),
    ("run live-incident", "run", {"name": "live-incident"}),
    ('run live site=Vienna who="Bob O" --incident INC-7', "run",
     {"name": "live", "inputs": {"site": "Vienna", "who": "Bob O"}, "incident": "INC-7"}),
    ("step done RUN-2 confirm", "step done", {"ref": "RUN-2", "step": "confirm"}),
    ("Step Skip drill-2 confirm not needed", "step skip",
     {"ref": "DRILL-2", "step": "confirm", "text": "not needed"}),
    ("answer RUN-2 scope the whole company", "answer",
     {"ref": "RUN-2", "step": "scope", "choice": "the whole company"}),
    ("item na RUN-2 fax-list", "item na", {"ref": "RUN-2", "item": "fax-list"}),
    ("pause DRILL-2", "pause", {"ref": "DRILL-2"}),
    ("approve EVT-3", "approve", {"ref": "EVT-3"}),
    ("approve SMS-3 123456 --plan ab12", "approve",
     {"ref": "SMS-3", "code": "123456", "plan": "ab12"}),
    ("reject EVT-3 too early --plan ab12", "reject",
     {"ref": "EVT-3", "why": "too early", "plan": "ab12"}),
    ("checklist", "checklist", {}),
    ("checklist pre-event", "checklist", {"name": "pre-event"}),
    ("drill list", "drill list", {}),
    ("drill start continuity-test --mode Pilot", "drill start",
     {"name": "continuity-test", "mode": "pilot"}),
    ("drill report 5", "drill report", {"ref": "DRILL-5"}),
    ('broadcast all "Mail is down."', "broadcast", {"audience": "all", "text": "Mail is down."}),
    ("broadcast site:Vienna Mail is down --test", "broadcast",
     {"audience": "site:Vienna", "text": "Mail is down", "test": True}),
    ("broadcast all --template outage", "broadcast", {"audience": "all", "template": "outage"}),
    ("stop 4", "stop", {"ref": "SMS-4"}),
    ("audit", "audit", {}),
    ("audit evt-3", "audit", {"ref": "EVT-3"}),
    ("report DRILL-5", "report", {"ref": "DRILL-5"}),
]  # fmt: skip

REFUSED = [
    ("", "There is no command."),
    ("   ", "There is no command."),
    ("statsu", "Did you mean status?"),
    ("aprove EVT-3", "Did you mean approve?"),
    ("fail-back EVT-3", "Did you mean failback?"),
    ("drll start x", "Did you mean drill start?"),
    ("xyzzy", "There is no command “xyzzy”."),
    ("step", "step is followed by done, skip, fail or retry."),
    ("drill stat x", "drill is followed by list, start or report."),
    ("ack EVT-3", "ack is for an incident; EVT-3 is an event. Write it as INC-7."),
    ("ack seven", "“seven” is not a reference. Write it as INC-7."),
    ("approve 3", "3 of what? Write EVT-3, SMS-3, RUN-3 or DRILL-3."),
    ("extend EVT-3 4", "“4” is not a duration."),
    ("extend EVT-3 0h", "A duration of nothing"),
    ("extend EVT-3 99999999999999d", "is not a duration."),
    ("invoke --fro 4h", "invoke has no option --fro. Did you mean --for?"),
    ("invoke --for", "--for needs a value, such as 4h."),
    ("invoke --for --domain a.example", "--for needs a value"),
    ("invoke now", "does not know what to do with “now”. Write: invoke"),
    ('note INC-7 "a" b', "Put the whole text in quotes."),
    ('note INC-7 "a', "is not closed"),
    ("run live a=1 a=2", "a is given twice."),
    ("drill start x --mode real", "“real” is not a mode. Write tabletop, pilot or full."),
    ("note INC-7 " + "x" * 8_000, "longer than 8000 characters"),
]

MISSING = [
    ("ack", "ref", "Write: ack REF"),
    ("note INC-7", "text", 'Write: note REF "text"'),
    ('note INC-7 ""', "text", 'Write: note REF "text"'),
    ("extend", "ref", "Write: extend REF DURATION"),
    ("run", "name", "Write: run NAME"),
    ("mute mx", "for", "Write: mute CHECK DURATION"),
    ("drill start", "name", "Write: drill start NAME"),
]


@pytest.mark.parametrize(("line", "verb", "given"), SAID, ids=[line for line, _, _ in SAID])
def test_a_line_is_understood(line: str, verb: str, given: dict[str, Any]) -> None:
    parsed = parse(line)
    assert parsed.verb == verb
    assert {name: value for name, value in parsed.args.items() if value} == given
    assert set(parsed.args) == {argument.name for argument in VERBS[verb].arguments}


@pytest.mark.parametrize(("line", "complaint"), REFUSED, ids=[line[:40] for line, _ in REFUSED])
def test_what_is_not_understood_is_answered_with_what_would_be(line: str, complaint: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(line)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(("line", "field", "remedy"), MISSING, ids=[line for line, _, _ in MISSING])
def test_what_is_missing_is_asked_for_in_a_form(line: str, field: str, remedy: str) -> None:
    with pytest.raises(Missing) as missing:
        parse(line)
    assert remedy in str(missing.value)
    assert field in [each.name for each in missing.value.form.fields if each.required]


def test_a_form_keeps_what_was_given_and_completes_the_line() -> None:
    with pytest.raises(Missing) as missing:
        parse('run site=Vienna who="Bob O" --incident INC-7')
    form = missing.value.form
    assert [(field.name, field.value) for field in form.fields] == [
        ("name", ""),
        ("--incident", "INC-7"),
        ("--mode", ""),
    ]
    line = fill(form.command, [("name", "live"), ("--incident", "INC-7")])
    assert parse(line).args == {
        "name": "live",
        "inputs": {"site": "Vienna", "who": "Bob O"},
        "incident": "INC-7",
        "mode": None,
        "dry-run": False,
        "answer": (),
    }


def test_a_form_of_a_verb_can_be_filled_beforehand() -> None:
    form = form_of(VERBS["broadcast"], {"audience": "all"})
    assert [(field.name, field.value) for field in form.fields][:2] == [
        ("audience", "all"),
        ("text", ""),
    ]


def test_an_answer_left_empty_keeps_its_place() -> None:
    line = fill("approve", [("ref", "EVT-3"), ("code", ""), ("--plan", "ab12")])
    assert parse(line).args == {"ref": "EVT-3", "code": None, "plan": "ab12"}
    line = fill("step done", [("ref", "RUN-2"), ("step", ""), ("text", "by hand")])
    with pytest.raises(Missing):
        parse(line)


def test_every_verb_needs_a_known_authority_and_says_what_it_is() -> None:
    for verb in VERBS.values():
        assert verb.act in {"", *ACTS}, verb.name
        assert verb.summary, verb.name


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("STATUS", "status"),
        ("Ack 7", "ack INC-7"),
        ("ack inc-7", "ack INC-7"),
        ("APPROVE 3 123456", "approve EVT-3 123456"),
        ("approve sms-3 123456", "approve SMS-3 123456"),
    ],
)
def test_a_few_commands_work_by_text_message(text: str, line: str) -> None:
    parsed, expected = parse_sms(text), parse(line)
    assert (parsed.verb, parsed.args) == (expected.verb, expected.args)


def test_invoking_by_text_message_carries_a_code() -> None:
    parsed = parse_sms("invoke 123456")
    assert (parsed.verb, parsed.args["code"], parsed.args["domain"]) == ("invoke", "123456", ())


@pytest.mark.parametrize(
    ("text", "verb", "ref", "words"),
    [
        ("DONE 3 notify called them", "item done", "RUN-3", "notify called them"),
        ("done drill-4", "item done", "DRILL-4", ""),
        ("Answer RUN3 yes 123456", "answer", "RUN-3", "yes 123456"),
    ],
)
def test_short_answers_to_a_run_leave_the_rest_to_the_run(
    text: str, verb: str, ref: str, words: str
) -> None:
    parsed = parse_sms(text)
    assert (parsed.verb, parsed.args) == (verb, {"ref": ref, "words": words})


@pytest.mark.parametrize(
    ("line", "verb"), [("tasks", "mine"), ("DONE 7 x", ""), ("na RUN-7 x", "item na")]
)
def test_some_verbs_have_a_second_name(line: str, verb: str) -> None:
    if verb:
        assert parse(line).verb == verb
    else:
        with pytest.raises(Refused, match="RUN-7 or DRILL-7"):
            parse(line)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "1", "APPROVE 3", "INVOKE", "CLOSE 7", "ACK x", "done", "done, thanks all"],
)
def test_other_text_messages_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_sms(text)


PIECES = st.sampled_from(
    [*VERBS, "INC-7", "EVT-3", "7", "4h", "--for", "—for", "--plan=x", "key=", 'k="', '"', "“",
     "'", "=", "\\", "-", "all", "\n", "\x00", "x" * 50]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join)))
def test_whatever_is_said_nothing_worse_than_refused_happens(line: str) -> None:
    for read in (parse, parse_sms):
        with contextlib.suppress(Refused):
            assert read(line).verb in VERBS


@given(st.sampled_from([verb for verb in VERBS.values() if verb.arguments]), st.data())
def test_a_filled_form_says_what_was_answered(verb: Any, data: st.DataObject) -> None:
    texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
    kinds = {"ref": None, "duration": "4h", "choice": None, "check": "mx"}
    answers, expected = [], {}
    for field in form_of(verb, {}).fields:
        argument = next(a for a in verb.arguments if field.name in (a.name, a.option))
        match argument.kind:
            case "ref":
                value = f"{argument.refs[0]}-7"
            case "choice":
                value = argument.choices[0]
            case kind if kinds.get(kind):
                value = str(kinds[kind])
            case _:
                value = data.draw(texts)
        answers.append((field.name, value))
        expected[argument.name] = value
    parsed = parse(fill(verb.name, answers))
    assert parsed.verb == verb.name
    for argument in verb.arguments:
        if argument.kind in ("word", "text", "time", "ref", "check") and not argument.many:
            assert parsed.args[argument.name] == expected.get(argument.name)
