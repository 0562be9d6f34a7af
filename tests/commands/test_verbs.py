"""Every verb of the grammar is answered, and refused to whoever may not use it."""

from __future__ import annotations

import pytest

from continuitybot.chat import text
from continuitybot.chat.commands.verbs import PERFORM
from continuitybot.chat.grammar import parse
from continuitybot.chat.platform import Command
from continuitybot.chat.verbs import VERBS
from continuitybot.lab.carrier.faults import Fault
from continuitybot.people.authority import ACTS
from continuitybot.people.model import Identity
from rig.company import Company

Said = tuple[str, str, str]
"""Who says which line, and words on the card that answers."""

A_QUIET_DAY: list[Said] = [
    ("alice", "help", "help invoke"),
    ("dmitri", "whoami", "Dmitri Volkov"),
    ("alice", "mine", "Nothing waits for you"),
    ("alice", "status", "all 4 checks are healthy"),
    ("alice", "doctor", "canary standby inbound works"),
    ("alice", "oncall", "Bob Okafor"),
    ("alice", "people", "Esra Demir"),
    ("alice", "audiences", "site:Vienna"),
    ("alice", "incidents", "No incident is open"),
    ("alice", "runbooks", "live-incident"),
    ("alice", "readiness", "drill"),
    ("carol", "mute inbound 2h", "is muted until"),
    ("carol", "unmute inbound", "is judged again"),
    ("alice", "audit", "Carol Nystrom"),
    ("alice", "drill start continuity-test", "DRILL-1 has started"),
    ("alice", "drill list", "drill"),
    ("alice", "drill report DRILL-1", "DRILL-1"),
]
AN_INCIDENT: list[Said] = [
    ("alice", "incidents", "INC-1"),
    ("alice", "incident INC-1", "Inbound mail is failing"),
    ("dmitri", "ack INC-1", "INC-1 is yours"),
    ("dmitri", 'declare "The archive answers nobody" --severity sev3', "INC-2 is open"),
    ("dmitri", 'note INC-1 "called the provider"', "Noted on INC-1"),
    ("dmitri", 'update INC-1 "moving at noon"', "INC-1"),
    ("alice", "runs", "RUN-1"),
    ("alice", "diff RUN-1", "live-incident is as it was when RUN-1 started"),
    ("alice", "answer RUN-1 decide false_alarm", "your answer is “false_alarm”"),
    ("alice", "report INC-1", "detect"),
]
A_SWITCH: list[Said] = [
    ("carol", "invoke --for 4h", "harbour.example: primary → standby"),
    ("bob", 'reject EVT-1 "not now"', "EVT-1 is rejected"),
    ("carol", "invoke --for 1h", "To approve: Esra Demir"),
    ("alice", "show EVT-2", "waits for approval"),
    ("bob", "approve EVT-2", "EVT-2 is approved"),
    ("carol", "extend EVT-2 1h", "EVT-2 lasts until"),
    ("alice", "events", "EVT-2"),
    ("carol", "run fail-back event=EVT-2", "RUN-1 has started"),
    ("carol", "failback EVT-2", "waits for approval"),
]
BY_HAND: list[Said] = [
    ("carol", "invoke --provider hands", "waits for approval"),
    ("bob", "approve EVT-1", "It goes ahead now"),
    ("carol", "confirm EVT-1", "taken as done"),
]
A_BROADCAST: list[Said] = [
    ("carol", 'broadcast all "Mail is down."', "SMS-1 waits for approval"),
    ("carol", 'broadcast all "Mail is down." --test', "on its way to your phone"),
    ("alice", "broadcasts", "SMS-1"),
    ("bob", "approve SMS-1", "SMS-1 is approved"),
    ("dmitri", "stop SMS-1", "0 had left already"),
]
A_CHECKLIST: list[Said] = [
    ("alice", "checklist pre-event-checklist", "RUN-1 has started"),
    ("alice", "checklist", "Pre-event checklist"),
    ("alice", "step retry RUN-1 primary", "step primary, retry"),
    ("alice", "pause RUN-1", "RUN-1 is paused"),
    ("alice", "resume RUN-1", "RUN-1 goes on"),
    ("alice", 'item done RUN-1 contacts "imported"', "contacts is done"),
    ("alice", "item na RUN-1 approvers", "approvers does not apply"),
    ("alice", "step done RUN-1 logins tried", "step logins, done"),
    ("alice", "step skip RUN-1 texts", "step texts, skip"),
    ("alice", "step fail RUN-1 paper lost", "step paper, fail"),
    ("alice", "checklist pre-event-checklist", "RUN-2 has started"),
    ("alice", "cancel RUN-2", "RUN-2 is cancelled"),
]
AFTER_AN_INCIDENT: list[Said] = [("alice", "close INC-1", "INC-1 is closed")]
EVERYTHING = [
    *A_QUIET_DAY,
    *AN_INCIDENT,
    *A_SWITCH,
    *BY_HAND,
    *A_BROADCAST,
    *A_CHECKLIST,
    *AFTER_AN_INCIDENT,
]
LINES = {parse(line).verb: line for _, line, _ in EVERYTHING}


def test_every_verb_of_the_grammar_has_somebody_who_performs_it() -> None:
    assert set(PERFORM) == set(VERBS)
    assert set(LINES) == set(VERBS)


@pytest.mark.parametrize(
    "conversation",
    [A_SWITCH, BY_HAND, A_CHECKLIST],
    ids=["a switch", "a switch by hand", "a checklist"],
)
async def test_verbs_are_answered_with_their_cards(
    company: Company, conversation: list[Said]
) -> None:
    await _converse(company, conversation)


async def test_the_verbs_of_a_quiet_day_are_answered(company: Company) -> None:
    await company.passes(minutes=2)
    await _converse(company, A_QUIET_DAY)


async def test_the_verbs_of_an_incident_are_answered(company: Company) -> None:
    await company.mail_stops()
    await _converse(company, AN_INCIDENT)
    await company.mail_works_again()
    await _converse(company, AFTER_AN_INCIDENT)


async def test_the_verbs_of_a_broadcast_are_answered(company: Company) -> None:
    company.lab.carrier.fault = Fault.BUSY
    await _converse(company, A_BROADCAST)


async def test_whoever_lacks_the_role_is_refused_and_told_who_has_it(company: Company) -> None:
    """Farid has no role at all, so that every verb that asks for one refuses him."""
    guarded = [verb for verb in VERBS.values() if verb.act]
    for verb in guarded:
        ok, card = await _said(company, LINES[verb.name], "farid")
        assert not ok, verb.name
        assert "may not do that" in card
        assert ACTS[verb.act].doing in card
        assert "Ask " in card
    denied = await company.verbs_denied("farid")
    assert sorted(denied) == sorted(verb.name for verb in guarded)


REFUSALS = {
    "": "There is no command",
    "stauts": "Did you mean status?",
    "step": "step is followed by done, skip, fail or retry",
    "incident INC-99": "INC-99",
    "show EVT-99": "EVT-99",
    "ack RUN-1": "INC-7",
    "extend EVT-1 soon": "“soon” is not a duration",
    "mute mailbox 2h": "primary",
    "invoke --provider postfix": "gateway",
    "invoke --domain other.example": "other.example",
    "invoke --for 90d": "Choose up to",
    "run live-incidnet": "live-incident",
    "run live-incident hours=4": "hours",
    'broadcast nobody-there "Hello"': "nobody-there",
    "broadcast all": "There is no text to send",
    'broadcast uwe "Hello"': "can be sent a text",
    "approve EVT-1": "EVT-1",
    "stop SMS-1": "SMS-1",
    "drill start nothing": "nothing",
    "drill report DRILL-9": "There is no drill DRILL-9",
    "x" * 9000: "longer than 8000",
}


async def test_a_refusal_says_what_is_wrong_and_what_would_do(company: Company) -> None:
    for line, words in REFUSALS.items():
        ok, card = await _said(company, line, "alice")
        assert not ok, line
        assert words in card, line
        assert "Error" not in card, line


async def _converse(company: Company, conversation: list[Said]) -> None:
    for who, line, words in conversation:
        ok, card = await _said(company, line, who)
        assert ok, f"{line}: {card}"
        assert words.casefold() in card.casefold(), line
        await company.moment()


async def _said(company: Company, line: str, who: str) -> tuple[bool, str]:
    command = Command(Identity("console", "", who), line, f"test/{line[:50]}")
    reply = await company.bot.commands.handle(command)
    await company.settles()
    shown = "\n".join(text.render(card) for card in reply.cards)
    return not reply.refused, " ".join(shown.split())
