"""Nothing dangerous happens on the word of one person, or of somebody nobody knows."""

from __future__ import annotations

import re

from continuitybot.chat.platform import Command
from continuitybot.people.model import Identity
from rig.company import Company


async def test_the_requester_cannot_approve_but_somebody_else_can(company: Company) -> None:
    await company.alice.says("invoke --for 4h")

    refusal = await company.alice.is_refused("approve EVT-1")
    assert "somebody else has to approve it" in refusal
    assert "Bob Okafor" in refusal
    assert company.route == "primary"

    await company.bob.clicks("Approve")
    assert "ACTIVE" in await company.card("EVT-1")
    assert company.route == "standby"
    assert await company.audited("approve", "denied") == ["alice"]


async def test_a_responder_may_invoke_but_not_approve(company: Company) -> None:
    await company.alice.says("invoke")
    assert "needs the role approver" in await company.dmitri.is_refused("approve EVT-1")
    assert company.route == "primary"


async def test_a_rejected_plan_changes_nothing_and_cannot_be_approved(company: Company) -> None:
    await company.alice.says("invoke")
    await company.bob.says('reject EVT-1 "the provider is repairing it"')
    assert "not carried out" in await company.card("EVT-1")
    await company.esra.is_refused("approve EVT-1")
    await company.passes(minutes=2)
    assert company.route == "primary"


async def test_a_broadcast_waits_for_a_second_person(company: Company) -> None:
    await company.alice.says('broadcast all "Mail is down, read it at the standby."')
    await company.passes(minutes=5)
    company.phones.expect_nothing()
    await company.alice.is_refused("approve SMS-1")
    company.phones.expect_nothing()

    await company.bob.clicks("Approve")
    for phone in company.phones.staff:
        phone.expects("Mail is down")


async def test_an_approval_by_text_needs_the_code_sent_to_that_phone(company: Company) -> None:
    await company.alice.says("invoke")
    code = _code(company.phone("bob").expects("APPROVE 1"))
    others = _code(company.phone("esra").expects("APPROVE 1"))

    await company.phone("bob").writes(f"APPROVE 1 {others}")
    await company.moment()
    company.phone("bob").expects("not the one sent to this phone")
    assert company.route == "primary"
    assert await company.audited("approve", "denied") == ["bob"]

    await company.phone("bob").writes(f"approve 1 {code}")
    await company.moment()
    company.phone("bob").expects("EVT-1 is approved")
    assert company.route == "standby"


async def test_continuity_can_be_asked_for_by_text_with_the_code_of_that_phone(
    company: Company,
) -> None:
    await company.phone("alice").writes("INVOKE 000000")
    await company.moment()
    company.phone("alice").expects("not the one sent to this phone")
    assert await company.audited("invoke", "denied") == ["alice"]

    await company.phone("alice").writes("STATUS")
    await company.moment()
    code = re.search(r"INVOKE (\d{6})", company.phone("alice").expects("To invoke"))
    assert code is not None
    await company.phone("alice").writes(f"invoke {code[1]}")
    await company.moment()
    company.phone("alice").expects("EVT-1 is planned")
    assert company.route == "primary"


async def test_an_unknown_chat_account_is_denied_and_audited(company: Company) -> None:
    stranger = Command(Identity("slack", "T0HARBOUR", "U0STRANGER"), "invoke", "slack/1")
    reply = await company.bot.commands.handle(stranger)
    assert reply.refused
    assert "not in the directory" in str(reply.cards[0].text)
    assert await company.audited("invoke", "denied") == ["slack:U0STRANGER"]
    assert "not been invoked" in await company.alice.says("events")


async def test_a_text_from_an_unknown_number_does_nothing_and_is_audited(
    company: Company,
) -> None:
    await company.mail_stops()
    await company.stranger_texts("ACK 1")
    assert "nobody yet" in await company.card("INC-1")
    assert await company.audited("inbound", "denied")


def _code(text: str) -> str:
    found = re.search(r"APPROVE 1 (\d{6})", text)
    assert found, text
    return found[1]
