"""The page of an incident, and its report in three forms."""

from __future__ import annotations

from rig.company import Company
from rig.pages import Page


async def test_the_page_of_an_incident_shows_everything_and_its_buttons(company: Company) -> None:
    await company.mail_stops()
    html = (await company.http.get("/portal/inc-1", params=company.link("alice"))).text
    page = Page(html)
    assert "Inbound mail is failing" in page.text
    assert "451 4.7.0" in page.text
    assert "RUN-1" in page.text
    assert "Timeline" in page.text
    acknowledge = page.form("Acknowledge")
    assert acknowledge is not None
    fields = dict(acknowledge.fields)
    assert (await company.http.post(acknowledge.action, data=fields)).json()["ok"]
    await company.moment()
    assert "Acknowledged by Alice Brandt" in await company.card("INC-1")


async def test_a_viewer_sees_the_page_but_its_buttons_refuse(company: Company) -> None:
    await company.mail_stops()
    answer = await company.http.get("/portal/INC-1", params=company.link("esra"))
    assert answer.status_code == 200
    assert "needs the role" in await company.esra.is_refused("ack INC-1")


async def test_the_report_can_be_read_printed_and_kept(company: Company) -> None:
    await company.mail_stops()
    link = company.link("alice")
    html = await company.http.get("/portal/report/INC-1.html", params=link)
    assert html.headers["Content-Type"].startswith("text/html")
    assert "Inbound mail is failing" in Page(html.text).text
    markdown = await company.http.get("/portal/report/INC-1.md", params=link)
    assert markdown.text.startswith("# ")
    document = (await company.http.get("/portal/report/INC-1.json", params=link)).json()
    assert document["ref"] == "INC-1"


async def test_reports_need_a_link_as_well(company: Company) -> None:
    await company.mail_stops()
    for path in ("/portal/INC-1", "/portal/report/INC-1.json"):
        assert (await company.http.get(path)).status_code == 403
