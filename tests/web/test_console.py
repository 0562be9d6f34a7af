"""The browser console: everything works without a script, and user text stays text."""

from __future__ import annotations

import asyncio

from rig.company import Company
from rig.pages import Page

BROWSER = {"Accept": "text/html"}


async def test_the_page_works_without_a_script(company: Company) -> None:
    link = company.link("alice")
    page = Page((await company.http.get("/console", params=link)).text)
    composer = page.form("Send")
    assert composer is not None
    posted = composer.filled({"text": "status"})

    answer = await company.http.post(composer.action, data=dict(posted), headers=BROWSER)
    assert answer.status_code == 303
    after = await company.http.get(answer.headers["Location"])
    assert "Mail flow" in Page(after.text).text


async def test_a_refusal_is_shown_on_the_page_too(company: Company) -> None:
    fields = {**company.link("alice"), "text": "dance"}
    answer = await company.http.post("/console/say", data=fields, headers=BROWSER)
    assert answer.status_code == 303
    assert "There is no command “dance”" in await company.alice.reads()


async def test_a_missing_argument_is_asked_for_in_a_form(company: Company) -> None:
    await company.mail_stops()
    assert not (await company.alice.asks("note")).ok
    await company.alice.clicks("Send", ref="INC-1", text="The provider is on it")
    assert "The provider is on it" in await company.alice.reads()


async def test_the_feed_gives_only_what_is_new(company: Company) -> None:
    await company.alice.says("status")
    link = company.link("alice")
    first = (await company.http.get("/console/feed", params=link)).json()
    assert first["messages"]
    rest = {**link, "after": first["newest"]}
    again = (await company.http.get("/console/feed", params=rest)).json()
    assert again == {"messages": [], "newest": first["newest"]}


async def test_a_private_answer_is_seen_by_the_asker_only(company: Company) -> None:
    await company.alice.says("whoami")
    assert "Alice Brandt" in await company.alice.reads()
    assert "Alice Brandt" not in await company.dmitri.reads()


async def test_an_open_page_is_told_of_a_change(company: Company) -> None:
    async with company.http.stream("GET", "/console/events", params=company.link("bob")) as events:
        assert events.headers["Content-Type"] == "text/event-stream"
        lines = events.aiter_lines()
        assert await anext(lines) == "event: changed"
        await anext(lines)
        await anext(lines)
        await company.bob.asks("status")
        async with asyncio.timeout(10):
            assert await anext(lines) == "event: changed"


async def test_what_people_write_is_never_markup(company: Company) -> None:
    await company.mail_stops()
    await company.alice.says('note INC-1 "<script>alert(1)</script><img src=x onerror=y>"')
    for path in ("/console", "/portal/INC-1", "/portal/report/INC-1.html"):
        html = (await company.http.get(path, params=company.link("alice"))).text
        assert "&lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert Page(html).text
