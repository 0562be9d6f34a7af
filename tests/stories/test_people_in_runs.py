"""What a run asks of people reaches them, and is answered from wherever they are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rig.company import Company, Document, open_company
from rig.pages import Page

CALLS = """
name: calls
title: Call everybody
kind: incident
steps:
  - id: council
    title: The works council knows
    owner: dmitri
    do:
      text: Call the works council.
      due: 20m
      remind: 5m
      escalate: {after: 10m}
      evidence: link
  - id: photo
    title: The notice hangs at the door
    do: {text: Hang the notice., evidence: file}
  - id: how_long
    title: How long the vendor needs
    owner: dmitri
    ask: {text: "How long does the vendor need?", type: duration}
  - id: switch
    title: Decide about the switch
    owner: bob
    ask: {text: "Switch the mail?", type: yes_no, act: invoke}
  - id: customers
    title: Consent to tell customers
    owner: esra
    approve:
      text: Tell the customers it takes {{ steps.how_long.answer }}.
      quorum: 2
      expires: 3h
      remind: 5m
      escalate: {after: 12m, to: bob}
"""


@pytest.fixture
async def calling(tmp_path: Path) -> AsyncIterator[Company]:
    def with_calls(settings: Document) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "calls.yaml").write_text(CALLS, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}

    async with open_company(tmp_path, with_calls) as company:
        await company.carol.says("run calls")
        yield company


async def test_an_item_reaches_its_owner_who_ticks_it_off_by_text(calling: Company) -> None:
    company, phone = calling, calling.phone("dmitri")
    told = phone.expects("Call the works council")
    assert "DONE RUN-1 council LINK" in told

    await phone.writes("DONE 1 called them")
    await company.moment()
    phone.expects("give a link")

    await phone.writes("DONE 1 https://wiki.example/minutes")
    await company.moment()
    phone.expects("council is done")
    assert "https://wiki.example/minutes" in await company.card("RUN-1")
    assert await company.audited("run.step.done") == ["dmitri"]


async def test_an_item_that_is_not_done_is_reminded_of_and_then_escalated(
    calling: Company,
) -> None:
    company = calling
    company.phone("dmitri").expects("Call the works council")
    await company.passes(minutes=14)
    company.phone("dmitri").expect_nothing()
    await company.passes(minutes=2)
    company.phone("dmitri").expects("Due")
    await company.passes(minutes=5)
    company.phone("dmitri").expects("Overdue since")
    company.phone("carol").expect_nothing()
    await company.passes(minutes=10)
    company.phone("carol").expects("by dmitri")
    assert "Overdue" in await company.dmitri.says("mine")


async def _first_items_done(company: Company) -> None:
    await company.dmitri.says("done RUN-1 council https://wiki.example/minutes")
    await _attaches(company, "carol", b"\x89PNG", done="yes")
    await company.moment()


async def _attaches(company: Company, who: str, content: bytes, **fields: str) -> str:
    link = company.link(who)
    answer = await company.http.post(
        "/portal/RUN-1/evidence/photo",
        params=link,
        data={**link, **fields},
        files={"file": ("door.png", content, "image/png")},
    )
    return answer.text


async def test_an_item_that_needs_a_file_is_done_on_its_page(calling: Company) -> None:
    company = calling
    await company.dmitri.says("done RUN-1 council https://wiki.example/minutes")
    refusal = await company.carol.is_refused("item done RUN-1 photo hanging")
    address = re.search(r"/portal/RUN-1/evidence/photo\?key=\S+", refusal)
    assert address is not None
    page = Page((await company.http.get(address[0])).text)
    assert "Hang the notice" in page.text

    assert "the most" in await _attaches(company, "carol", b"x" * 5_000_001)
    assert "needs the role" in await _attaches(company, "farid", b"\x89PNG")
    assert "is kept" in await _attaches(company, "carol", b"\x89PNG", done="yes", text="hanging")
    await company.moment()
    assert "hanging" in await company.card("RUN-1")

    shown = (await company.http.get(address[0])).text
    link = re.search(r'href="(/portal/RUN-1/file/[0-9a-f]{64}\?[^"]+)"', shown)
    assert link is not None
    file = await company.http.get(link[1].replace("&amp;", "&"))
    assert (file.content, file.headers["Content-Disposition"]) == (
        b"\x89PNG",
        "attachment; filename*=UTF-8''door.png",
    )
    assert await company.audited("run.attach") == ["carol"]


async def test_questions_are_answered_by_text_and_wrong_answers_helped(calling: Company) -> None:
    company = calling
    await _first_items_done(company)
    phone = company.phone("dmitri")
    phone.expects("How long does the vendor need?")
    await phone.writes("ANSWER 1 soon")
    await company.moment()
    phone.expects("is not a duration")
    await phone.writes("answer 1 how_long 90m")
    await company.moment()
    phone.expects("your answer")

    asked = company.phone("bob").expects("Switch the mail?")
    code = re.search(r"ANSWER RUN-1 switch yes/no (\d{6})", asked)
    assert code is not None
    await company.phone("bob").writes("ANSWER 1 yes 000000")
    await company.moment()
    company.phone("bob").expects("not the one sent to this phone")
    await company.phone("bob").writes(f"ANSWER 1 yes {code[1]}")
    await company.moment()
    company.phone("bob").expects('your answer is "yes"')
    assert "it takes 1h30m" in await company.bob.says("mine")


async def test_a_question_is_answered_by_a_button_and_its_form_in_the_console(
    calling: Company,
) -> None:
    company = calling
    await _first_items_done(company)
    await company.dmitri.says("mine")
    assert "answer needs" in await company.dmitri.is_refused("answer RUN-1 how_long")
    await company.dmitri.clicks("Send", choice="2h")
    await company.moment()
    assert "yes/no" in await company.bob.says("tasks")
    await company.bob.clicks("No")
    assert "Consent to tell customers" in await company.card("RUN-1")


async def test_of_two_answers_at_once_the_first_counts_and_the_second_is_told(
    calling: Company,
) -> None:
    company = calling
    await _first_items_done(company)
    answers = await asyncio.gather(
        company.carol.asks("answer RUN-1 how_long 1h"),
        company.dmitri.asks("answer RUN-1 how_long 2h"),
    )
    assert sorted(answer.ok for answer in answers) == [False, True]
    (late,) = (answer.text for answer in answers if not answer.ok)
    assert re.search(r"done already: (carol|dmitri) answered “[12]h” at \d\d:\d\d UTC", late)


async def _comes_to_consent(company: Company) -> None:
    await _first_items_done(company)
    await company.dmitri.says("answer RUN-1 how_long 90m")
    await company.bob.says("answer RUN-1 switch n")
    company.phone("bob").expects("Switch the mail?")


async def test_consent_of_two_is_asked_of_one_then_reminded_then_escalated(
    calling: Company,
) -> None:
    company = calling
    await _comes_to_consent(company)
    first = company.phone("esra").expects("asks you to approve: Tell the customers it takes 1h30m")
    company.phone("bob").expect_nothing()
    await company.passes(minutes=6)
    company.phone("esra").expects("asks you again")
    company.phone("bob").expect_nothing()
    await company.passes(minutes=7)
    company.phone("bob").expects("asks you again")
    company.phone("alice").expect_nothing()

    code = re.search(r"APPROVE RUN-1 (\d{6})", first)
    assert code is not None
    await company.phone("esra").writes(f"APPROVE RUN-1 {code[1]}")
    await company.moment()
    company.phone("esra").expects("1 more must agree")
    assert "you have answered already" in await company.esra.is_refused("approve RUN-1")
    assert "Agreed so far: Esra Demir" in await company.bob.says("mine")
    assert "Approving needs" in await company.carol.is_refused("approve RUN-1")
    await company.bob.says("approve RUN-1")
    shown = await company.until("RUN-1", "finished")
    assert "finished" in shown


async def test_nobody_is_asked_to_approve_a_run_that_was_cancelled(calling: Company) -> None:
    company = calling
    await _comes_to_consent(company)
    assert "APPROVE RUN-1" in await company.bob.says("mine")
    await company.carol.says("cancel RUN-1")
    assert "Nothing waits for you" in await company.bob.says("mine")
    assert "withdrawn" in await company.bob.is_refused("approve RUN-1")


async def test_what_is_mine_is_told_by_text_as_well(calling: Company) -> None:
    company = calling
    phone = company.phone("dmitri")
    phone.expects("Call the works council")
    await phone.writes("MINE")
    await company.moment()
    assert "DONE RUN-1 council LINK" in phone.expects("for you")
    assert "RUN-1" in await company.carol.says("mine")
    assert "Nothing waits for you" in await company.esra.says("mine")


async def test_a_run_takes_notes(calling: Company) -> None:
    company = calling
    assert "Noted on RUN-1" in await company.carol.says('note RUN-1 "called the vendor"')
    async with company.bot.database.reading() as tx:
        run = await company.bot.rooms.runbooks.run(tx, "RUN-1")
    assert [(note.by, note.text) for note in run.notes] == [("carol", "called the vendor")]


async def test_everything_is_answered_by_the_buttons_of_the_portal(calling: Company) -> None:
    company = calling

    async def presses(who: str, label: str) -> None:
        page = Page((await company.http.get("/portal/RUN-1", params=company.link(who))).text)
        form = page.form(label)
        assert form is not None, label
        answer = await company.http.post(form.action, data=form.pressed(label))
        assert answer.json()["ok"], answer.text
        await company.moment()

    await presses("carol", "Does not apply")
    await presses("carol", "Does not apply")
    await company.dmitri.says("answer RUN-1 how_long 2h")
    await presses("bob", "No")
    await presses("esra", "Approve")
    await presses("bob", "Approve")
    await company.until("RUN-1", "finished")
