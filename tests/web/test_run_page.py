"""The page of a run, through the real server, as a browser without a script uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rig.company import Company, open_company
from rig.pages import Page

BROWSER = {"Accept": "text/html"}
RUNBOOK = """\
name: gateway-work
title: Work on the gateway
kind: incident
objectives: {finished: 2h}
steps:
  - id: ticket
    title: Open a ticket
    owner: dmitri
    do: {text: Phone the provider., due: 30m, evidence: true}
  - id: ask
    title: Ask how users are told
    ask: {text: 'How do we tell people?', choices: {sms: By text message, none: Not at all}}
  - id: sign
    title: Have it approved
    approve: {text: Stop the gateway for ten minutes, expires: 2h}
  - id: check
    title: Tell the status page
    on_failure: ask
    http: {method: POST, url: "http://127.0.0.1:9/"}
  - id: settle
    title: Let it settle
    objective: finished
    wait: {for: 20m}
"""


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Company]:
    """A company with a runbook of its own."""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "gateway-work.yaml").write_text(RUNBOOK)

    def with_runbooks(settings: dict[str, Any]) -> None:
        settings["runbooks"] = {"folders": ["runbooks"]}

    async with open_company(tmp_path, with_runbooks) as company:
        await company.alice.says("run gateway-work")
        yield company


async def _page(company: Company, who: str = "alice", ref: str = "RUN-1") -> Page:
    answer = await company.http.get(f"/portal/{ref}", params=company.link(who))
    assert answer.status_code == 200
    return Page(answer.text)


async def _post(company: Company, page: Page, label: str, **answers: str) -> httpx.Response:
    """Press a button as a browser does that runs no script, and follow where it leads."""
    form = page.form(label)
    assert form is not None, f"no button {label!r}: {page.text}"
    fields = form.pressed(label, **answers)
    answer = await company.http.post(form.action, data=fields, headers=BROWSER)
    await company.settles()
    return answer


async def _presses(company: Company, label: str, who: str = "alice", **answers: str) -> Page:
    answer = await _post(company, await _page(company, who), label, **answers)
    assert answer.status_code == 303, Page(answer.text).text
    return Page((await company.http.get(answer.headers["Location"])).text)


async def _come_to(company: Company, step: str) -> None:
    """The run has come to a step."""
    for wanted, who, line in (
        ("ask", "dmitri", 'item done RUN-1 ticket "4711"'),
        ("sign", "alice", "answer RUN-1 ask sms"),
        ("check", "bob", "approve RUN-1"),
    ):
        await company.moment()
        await getattr(company, who).says(line)
        if wanted == step:
            return


async def test_the_page_says_what_the_run_waits_for_and_for_whom(works: Company) -> None:
    page = await _page(works)
    assert "LIVE RUN-1 Work on the gateway waiting" in page.text
    assert "Waits for evidence that it is done, by Dmitri Volkov, due" in page.text
    assert "of 2 h so far, until" in page.text
    assert "Next Ask how users are told" in page.text
    assert "Alice Brandt run.start" in page.text


async def test_an_item_is_ticked_off_with_evidence_and_a_link_in_it_can_be_followed(
    works: Company,
) -> None:
    page = await _presses(works, "Done", evidence="4711, see https://provider.example/4711")
    assert "It is done. This page shows how it stands now." in page.text
    assert "Evidence 4711, see https://provider.example/4711" in page.text
    assert "by Alice Brandt" in page.text
    html = (await works.http.get("/portal/RUN-1", params=works.link("alice"))).text
    assert '<a href="https://provider.example/4711">' in html


async def test_an_item_without_its_evidence_is_refused_on_the_page_with_what_to_do(
    works: Company,
) -> None:
    answer = await _post(works, await _page(works), "Done")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "That was not done item done needs" in page.text
    assert "Open a ticket waiting" in page.text


async def test_a_question_is_answered_with_one_of_its_choices(works: Company) -> None:
    await _come_to(works, "ask")
    page = await _presses(works, "By text message")
    assert "Answer By text message" in page.text


async def test_a_second_person_approves_and_the_first_is_not_offered_to(works: Company) -> None:
    await _come_to(works, "sign")
    own = await _page(works, "alice")
    assert "Waits for approval of RUN-1 , by Esra Demir or Bob Okafor" in own.text
    assert own.form("Approve") is None
    page = await _presses(works, "Approve", who="bob")
    assert "Have it approved done" in page.text
    assert "by Bob Okafor" in page.text


async def test_an_approval_can_be_rejected_with_a_reason(works: Company) -> None:
    await _come_to(works, "sign")
    page = await _presses(works, "Reject", who="bob", why="Not before ten")
    assert "LIVE RUN-1 Work on the gateway ✘ failed" in page.text
    assert "Not before ten" in page.text
    assert page.form("Try again") is not None


async def test_a_step_that_failed_can_be_tried_again_skipped_or_declared_done(
    works: Company,
) -> None:
    await _come_to(works, "check")
    await works.until("RUN-1", "needs a decision")
    page = await _page(works)
    assert "failed, held for a decision" in page.text
    assert "Mend the cause and try again" in page.text
    assert page.form("Try again") is not None
    page = await _presses(works, "It is done", text="The page was told by phone")
    assert "Tell the status page done" in page.text
    assert "Waits for time to pass, until" in page.text


async def test_the_run_is_paused_resumed_and_cancelled(works: Company) -> None:
    assert "⚠ paused" in (await _presses(works, "Pause")).text
    assert "LIVE RUN-1 Work on the gateway waiting" in (await _presses(works, "Resume")).text
    page = await _presses(works, "Cancel the run")
    assert "⚠ cancelled" in page.text
    assert page.form("Pause") is None


async def test_a_note_sent_twice_is_left_once(works: Company) -> None:
    page = await _page(works)
    first = await _post(works, page, "Leave the note", text="The provider is on it")
    again = await _post(works, page, "Leave the note", text="The provider is on it")
    other = await _post(works, page, "Leave the note", text="They call back")
    assert (first.status_code, again.status_code, other.status_code) == (303, 303, 303)
    shown = Page((await works.http.get(again.headers["Location"])).text).text
    assert "it was not done a second time" in shown
    assert shown.count("Alice Brandt The provider is on it") == 1
    assert shown.count("Alice Brandt They call back") == 1


async def test_a_note_comes_to_the_card_as_well(works: Company) -> None:
    await works.alice.says('note RUN-1 "The provider is on it"')
    assert "Alice Brandt, " in (shown := await works.card("RUN-1"))
    assert "The provider is on it" in shown


async def test_what_was_refused_can_be_sent_again(works: Company) -> None:
    page = await _page(works)
    await works.alice.says("pause RUN-1")
    refused = await _post(works, page, "Pause")
    assert refused.status_code == 422
    assert "it cannot be paused" in Page(refused.text).text
    await works.alice.says("resume RUN-1")
    assert (await _post(works, page, "Pause")).status_code == 303


async def test_without_the_role_one_may_look_and_what_one_posts_is_refused(
    works: Company,
) -> None:
    page = await _page(works, "esra")
    assert "You can look. Responding needs the role responder. Ask" in page.text
    assert page.form("Done") is None
    assert page.form("Pause") is None
    fields = {**works.link("esra"), "command": "item done RUN-1 ticket 4711"}
    answer = await works.http.post("/portal/RUN-1", data=fields, headers=BROWSER)
    assert answer.status_code == 422
    assert "You may not do that Responding needs the role responder" in Page(answer.text).text
    assert "Open a ticket waiting" in (await _page(works)).text
    assert await works.verbs_denied("esra") == ["item done"]


async def test_an_expired_or_forged_link_shows_and_does_nothing(works: Company) -> None:
    link = works.link("alice")
    works.clock.advance(25 * 3600)
    fields = {**link, "command": "pause RUN-1"}
    for path in ("/portal/RUN-1", "/portal/RUN-1/flow.svg", "/portal/RUN-1/events"):
        old = await works.http.get(path, params=link, headers=BROWSER)
        assert old.status_code == 403
        assert "Ask the bot for a new one" in Page(old.text).text
    assert (await works.http.post("/portal/RUN-1", data=fields)).status_code == 403
    forged = {**fields, "key": f"{link['key'][:-2]}AA"}
    assert (await works.http.post("/portal/RUN-1", data=forged)).status_code == 403
    assert "paused" not in await works.card("RUN-1")


async def test_programs_get_the_answer_as_json(works: Company) -> None:
    fields = {**works.link("alice"), "command": "note RUN-1 'seen'"}
    done = (await works.http.post("/portal/RUN-1", data=fields)).json()
    assert done == {"ok": True, "text": "Noted on RUN-1"}
    refused = {**fields, "command": "dance"}
    assert not (await works.http.post("/portal/RUN-1", data=refused)).json()["ok"]


async def test_an_open_page_is_told_of_whatever_happens_to_the_run(works: Company) -> None:
    link = works.link("bob")
    async with works.http.stream("GET", "/portal/RUN-1/events", params=link) as events:
        lines = events.aiter_lines()
        assert await anext(lines) == "event: changed"
        await anext(lines)
        await anext(lines)
        await works.alice.asks('note RUN-1 "seen"')
        async with asyncio.timeout(10):
            assert await anext(lines) == "event: changed"


async def test_the_picture_has_the_state_of_each_step_in_words(works: Company) -> None:
    await _come_to(works, "ask")
    answer = await works.http.get("/portal/RUN-1/flow.svg", params=works.link("bob"))
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "✔ done" in answer.text
    assert "◷ waiting" in answer.text
    assert "☐ to do" in answer.text


async def test_show_and_the_page_of_an_incident_lead_to_the_page_of_a_run(works: Company) -> None:
    shown = await works.alice.says("show RUN-1")
    link = next(word.strip("`") for word in shown.split() if "/portal/RUN-1?key=" in word)
    assert "Work on the gateway" in Page((await works.http.get(link)).text).text
    await works.mail_stops()
    html = (await works.http.get("/portal/INC-1", params=works.link("alice"))).text
    assert '<a href="/portal/RUN-2?key=' in html


async def test_what_people_write_on_a_run_is_never_markup(works: Company) -> None:
    await works.alice.says('note RUN-1 "<script>alert(1)</script>"')
    html = (await works.http.get("/portal/RUN-1", params=works.link("alice"))).text
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


async def test_every_field_and_every_picture_has_a_name(works: Company) -> None:
    html = (await works.http.get("/portal/RUN-1", params=works.link("alice"))).text
    assert '<html lang="en">' in html
    assert html.count("<textarea") == html.count("<label>") > 0
    assert html.count("<img") == html.count(' alt="') == 1


async def test_a_run_that_does_not_exist_is_not_found(works: Company) -> None:
    answer = await works.http.get("/portal/RUN-99", params=works.link("alice"), headers=BROWSER)
    assert answer.status_code == 404
    assert "There is no run RUN-99" in Page(answer.text).text
