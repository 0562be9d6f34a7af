from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broadcast.test_model import NOW, a_delivery
from continuitybot.broadcast.answers import (
    Answer,
    Found,
    NeverHad,
    NotTaken,
    Report,
    Rules,
    Unclear,
    Verdict,
    abandoned,
    about,
    answered,
    is_present_try,
)
from continuitybot.broadcast.model import Delivery
from continuitybot.broadcast.model import DeliveryState as S

RULES = Rules(("twilio", "gateway"), receipt_deadline=timedelta(minutes=15))
ONLY_ONE = Rules(("twilio",), receipt_deadline=timedelta(minutes=15))


def sending(tries: int = 1) -> Delivery:
    due = NOW + RULES.settle
    return replace(a_delivery(S.SENDING), tries=tries, asked_from=NOW, due=due)


def failed(verdict: Verdict) -> Report:
    return Report("", S.FAILED, verdict, "30007", "No.")


@pytest.mark.parametrize(
    ("answer", "state", "seconds_till_due"),
    [
        (Report("SM1", S.SENT), S.SENT, 900),
        (Report("SM1", S.DELIVERED), S.DELIVERED, None),
        (failed(Verdict.NUMBER), S.FAILED, None),
        (failed(Verdict.OPTED_OUT), S.FAILED, None),
        (failed(Verdict.OTHER), S.FAILED, None),
        (failed(Verdict.TRANSIENT), S.RETRYING, 5),
        (NotTaken("Busy."), S.RETRYING, 5),
        (NotTaken("Busy.", pause=42), S.RETRYING, 42),
        (NotTaken("Busy.", pause=86_400), S.RETRYING, 600),
        (Unclear("No answer."), S.UNKNOWN, 30),
        (Unclear("Cannot be asked.", can_be_asked=False), S.UNKNOWN, None),
    ],
)
def test_what_follows_a_hand_over(answer: Answer, state: S, seconds_till_due: float | None) -> None:
    after = answered(sending(), answer, NOW, RULES)

    due = None if seconds_till_due is None else NOW + timedelta(seconds=seconds_till_due)
    assert (after.state, after.due) == (state, due)


def test_a_refusal_that_is_not_about_the_number_goes_to_the_next_carrier() -> None:
    second = answered(sending(tries=3), failed(Verdict.REFUSED), NOW, RULES)

    assert (second.state, second.carrier, second.tries) == (S.RETRYING, "gateway", 0)
    assert second.refused == ("twilio",)


def test_the_last_carriers_refusal_is_final() -> None:
    assert answered(sending(), failed(Verdict.REFUSED), NOW, ONLY_ONE).state is S.FAILED


def test_a_carrier_that_is_busy_for_too_long_is_given_up() -> None:
    last = answered(sending(tries=6), NotTaken("Busy."), NOW, ONLY_ONE)

    assert last.state is S.FAILED
    assert last.reason == "Busy. Given up after 6 tries."


def test_what_the_carrier_never_had_is_sent_again() -> None:
    unknown = answered(sending(), Unclear("No answer."), NOW, RULES)

    assert answered(unknown, NeverHad(), NOW, RULES).state is S.RETRYING


def test_what_nobody_can_tell_in_time_stays_unknown_and_is_not_asked_about_any_more() -> None:
    unknown = answered(sending(), Unclear("No answer."), NOW, RULES)

    too_late = answered(unknown, Unclear("Away."), NOW + RULES.window, RULES)

    assert (too_late.state, too_late.due) == (S.UNKNOWN, None)


def test_a_hand_over_that_nobody_came_back_from_is_unknown_and_asked_about() -> None:
    later = NOW + timedelta(minutes=1)
    found = abandoned(sending(), later, RULES)

    assert (found.state, found.due) == (S.UNKNOWN, later + RULES.settle)


@pytest.mark.parametrize("state", [S.DELIVERED, S.FAILED, S.CANCELLED])
@pytest.mark.parametrize(
    "answer",
    [
        Report("SM1", S.SENT),
        failed(Verdict.TRANSIENT),
        failed(Verdict.REFUSED),
        NotTaken("Busy."),
        Unclear("No answer."),
        NeverHad(),
    ],
    ids=str,
)
def test_nothing_moves_an_ended_delivery(state: S, answer: Answer) -> None:
    ended = replace(a_delivery(state), due=None)

    assert answered(ended, answer, NOW, RULES) == ended


def test_a_failure_that_is_told_twice_counts_once() -> None:
    sent = replace(a_delivery(S.SENT), sid="SM1", tries=1)
    once = answered(sent, failed(Verdict.TRANSIENT), NOW, RULES)

    assert answered(once, failed(Verdict.REFUSED), NOW, RULES) == once


def test_a_text_that_the_bot_did_not_come_back_from_has_not_used_up_a_try() -> None:
    last = sending(tries=ONLY_ONE.tries)
    begun_again = answered(abandoned(last, NOW, ONLY_ONE), NeverHad(), NOW, ONLY_ONE)
    assert begun_again.state is S.RETRYING
    lost = answered(last, Unclear("Away."), NOW, ONLY_ONE)
    assert answered(lost, NeverHad(), NOW, ONLY_ONE).state is S.FAILED


@pytest.mark.parametrize("answer", [Report("SM1", S.SENT), NeverHad(), Unclear("Away.")], ids=str)
def test_an_overdue_receipt_is_asked_for_once(answer: Answer) -> None:
    sent = replace(a_delivery(S.SENT), sid="SM1", tries=1, due=NOW)

    after = answered(sent, answer, NOW, RULES)

    assert (after.state, after.due, after.reason) == (S.SENT, None, "No receipt came.")


def test_a_text_with_the_same_words_for_the_same_phone_is_not_taken_for_another() -> None:
    earlier, mine = Report("SM1", S.SENT), Report("SM2", S.SENT)
    unknown = a_delivery(S.UNKNOWN)

    assert about(unknown, Found((earlier, mine)), frozenset({"SM1"})) == mine
    assert about(unknown, Found((earlier,)), frozenset({"SM1"})) == NeverHad()


@pytest.mark.parametrize(
    ("carrier", "reference", "sid", "present"),
    [
        ("twilio", "SMS-4/alice#2", "SM2", True),
        ("twilio", "", "SM2", True),
        ("twilio", "SMS-4/alice#1", "SM2", False),
        ("twilio", "SMS-4/alice#2", "SM1", False),
        ("gateway", "SMS-4/alice#2", "SM2", False),
    ],
)
def test_a_receipt_for_an_earlier_try_is_told_apart(
    carrier: str, reference: str, sid: str, present: bool
) -> None:
    second = replace(a_delivery(S.SENT), tries=2, sid="SM2")

    assert is_present_try(second, carrier, Report(sid, S.FAILED, reference=reference)) is present
