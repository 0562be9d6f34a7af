"""The report: what it says, and that every form says the same."""

import json
from dataclasses import replace

import pytest

from continuitybot import audit
from continuitybot.errors import NotFound
from continuitybot.incidents.report import Report, render
from rig.on_call import Desk
from rig.people import ALICE, BOB, CAROL


async def story(desk: Desk, *, drill: bool = False) -> Report:
    """A whole incident, from the first failing window to its closing."""
    if drill:
        await desk.incidents.open_by_hand(CAROL, "Practice", drill=True)
    else:
        await desk.fails()
    desk.clock.advance(minutes=4)
    await desk.incidents.ack("INC-1", CAROL)
    await desk.announce(
        "EVT-1", "event.planned", "Carol Lindt planned EVT-1.",
        incident="INC-1", requester="carol", provider="postfix", state="planned",
    )  # fmt: skip
    async with desk.database.transaction() as tx:
        await audit.record(
            tx, who="bob", verb="approve", ref="EVT-1", text="Switch example.com.", platform="slack"
        )
    await desk.announce("EVT-1", "event.approved", "Bob Okafor approved EVT-1.", state="approved")
    desk.clock.advance(minutes=40)
    await desk.announce("EVT-1", "event.activated", "EVT-1 is active.", state="active")
    counts = {"total": 240, "sent": 3, "delivered": 231, "failed": 2, "opted_out": 4}
    await desk.announce(
        "SMS-1", "broadcast.finished", "SMS-1: 231 of 240 delivered.",
        incident="INC-1", counts=counts, audience="all", requester="alice",
    )  # fmt: skip
    await desk.incidents.note("INC-1", ALICE, "<b>Called</b> the *provider* | twice")
    desk.clock.advance(hours=3)
    await desk.heals()
    backlog = {"taken": 1200, "delivered": 1200, "duplicates": 2, "outstanding": 0, "lost": 0}
    await desk.announce("EVT-1", "event.ended", "EVT-1 has ended.", state="ended", backlog=backlog)
    await desk.incidents.close("INC-1", CAROL)
    return await desk.incidents.report("INC-1")


async def test_every_time_stands_against_its_objective_in_words(desk: Desk) -> None:
    report = await story(desk)
    assert report.headline == "LIVE INC-1: Inbound mail is failing"
    assert [(time.label, time.took, time.verdict) for time in report.times] == [
        ("Time to detect", "2 minutes", "met, 1 minute to spare"),
        ("Time to acknowledge", "6 minutes", "met, 4 minutes to spare"),
        ("Time to invoke", "6 minutes", "met, 24 minutes to spare"),
        ("Time to prove", "46 minutes", "missed by 11 minutes"),
        ("Time to inform", "46 minutes", "missed by 1 minute"),
        ("Time to recover", "3 hours 46 minutes", "met, 4 hours 14 minutes to spare"),
    ]
    assert report.summary == (
        "Inbound mail was affected for 3 hours 46 minutes. 4 of the 6 objectives reached were met."
    )


async def test_deliveries_mail_and_approvals_are_accounted_for(desk: Desk) -> None:
    report = await story(desk)
    (texts,) = report.broadcasts
    assert (texts.total, texts.delivered, texts.sent, texts.failed, texts.others) == (
        240, 231, 3, 2, 4,
    )  # fmt: skip
    (mail,) = report.mail
    assert (mail.taken, mail.delivered, mail.duplicates) == (1200, 1200, 2)
    assert mail.verdict == "every message accounted for"
    (answer,) = report.answers
    assert (answer.who, answer.subject, answer.granted) == ("Bob Okafor", "EVT-1", True)


async def test_people_are_named_with_shortened_numbers(desk: Desk) -> None:
    report = await story(desk)
    assert {(person.name, person.phone) for person in report.people} == {
        ("Alice Brandt", "+43…01"),
        ("Bob Okafor", "+43…02"),
        ("Carol Lindt", "+43…03"),
    }
    for form in ("html", "markdown", "json"):
        written = render(report, form)
        assert not any(one.phone in written for one in (ALICE, BOB, CAROL))


async def test_every_form_has_headline_times_timeline_and_verdicts(desk: Desk) -> None:
    report = await story(desk)
    for form in ("html", "markdown", "json"):
        written = render(report, form).replace("\\", "")
        for text in ("INC-1", "missed by 11 minutes", "EVT-1 has ended.", "accounted for"):
            assert text in written


async def test_what_people_wrote_cannot_change_the_page(desk: Desk) -> None:
    report = await story(desk)
    assert "&lt;b&gt;Called&lt;/b&gt;" in render(report, "html")
    assert r"\<b\>Called\</b\> the \*provider\* \| twice" in render(report, "markdown")


async def test_a_drill_says_so_first(desk: Desk) -> None:
    report = await story(desk, drill=True)
    assert report.headline == "DRILL INC-1: Practice"
    assert report.summary.startswith("In a drill, ")
    assert render(report, "markdown").startswith("# DRILL INC-1: Practice")
    assert '<span class="kind">DRILL</span>' in render(report, "html")


async def test_an_open_incident_has_a_report_of_what_there_is(desk: Desk) -> None:
    await desk.fails()
    report = await desk.incidents.report("INC-1")
    assert report.ended is None
    assert "has not recovered yet" in report.summary
    assert [time.verdict for time in report.times][1:] == ["not reached"] * 5
    assert "Closed: not yet" in render(report, "markdown")


async def test_the_json_form_can_be_read_back(desk: Desk) -> None:
    document = json.loads(render(await story(desk), "json"))
    assert document["kind"] == "LIVE"
    assert document["times"][3]["is_met"] is False
    assert document["mail"][0]["taken"] == 1200


@pytest.mark.parametrize(
    ("backlog", "verdict"),
    [
        (None, "not counted by the provider"),
        ({"counted": False}, "not counted by the provider"),
        ({"taken": 9, "delivered": 5, "outstanding": 4}, "4 still to be delivered"),
        ({"taken": 9, "delivered": 5, "outstanding": 2, "lost": 1}, "2 not accounted for"),
    ],
)
async def test_mail_that_is_missing_is_said(
    desk: Desk, backlog: dict[str, object] | None, verdict: str
) -> None:
    await desk.fails()
    await desk.announce("EVT-1", "event.draining", incident="INC-1", backlog=backlog)
    (mail,) = (await desk.incidents.report("INC-1")).mail
    assert mail.verdict == verdict


async def test_an_unknown_form_is_refused_with_those_there_are(desk: Desk) -> None:
    await desk.fails()
    report = replace(await desk.incidents.report("INC-1"), title="Another")
    with pytest.raises(NotFound, match="html, markdown, json"):
        render(report, "docx")
