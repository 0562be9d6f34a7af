"""Who gets in: a link of one's own, good for a day, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from continuitybot.errors import BadInput
from continuitybot.settings import load
from rig.company import Company

BROWSER = {"Accept": "text/html"}


async def _opens(company: Company, key: str) -> tuple[int, str]:
    answer = await company.http.get("/console", params={"key": key}, headers=BROWSER)
    return answer.status_code, answer.text


async def test_a_signed_link_opens_the_console_of_its_person(company: Company) -> None:
    status, page = await _opens(company, company.link("dmitri")["key"])
    assert status == 200
    assert "Dmitri Volkov" in page
    assert "Alice Brandt" not in page


FORGED = ("", "nonsense", "a.b", "é.é", "x" * 5000, "eyJwIjoiYWxpY2UiLCJ4Ijo5OTk5OTk5OTk5fQ.")


async def test_a_forged_link_is_refused(company: Company) -> None:
    for key in FORGED:
        status, page = await _opens(company, key)
        assert status == 403, key
        assert "continuitybot" in page


async def test_a_link_changed_to_another_person_is_refused(company: Company) -> None:
    dmitri, alice = company.link("dmitri")["key"], company.link("alice")["key"]
    mixed = f"{alice.partition('.')[0]}.{dmitri.partition('.')[2]}"
    assert (await _opens(company, mixed))[0] == 403


async def test_a_link_is_good_for_a_day(company: Company) -> None:
    key = company.link("alice")["key"]
    company.clock.advance(hours=23)
    assert (await _opens(company, key))[0] == 200
    company.clock.advance(hours=1)
    status, page = await _opens(company, key)
    assert status == 403
    assert "was good until" in page


async def test_a_link_of_somebody_who_has_left_is_refused(company: Company) -> None:
    key = company.bot.ground.links.sign("nobody", company.clock.now())
    assert (await _opens(company, key))[0] in {403, 404}


async def test_the_console_opens_by_name_only_for_those_the_settings_name(
    company: Company,
) -> None:
    named = await company.http.get("/console", params={"as": "alice"})
    assert named.status_code == 200
    other = await company.http.get("/console", params={"as": "dmitri"})
    assert other.status_code == 403


async def test_the_console_opens_by_name_on_loopback_only(company: Company) -> None:
    exposed = _with_host(company.config, "0.0.0.0")
    with pytest.raises(BadInput, match="only for a loopback host"):
        load(exposed)


async def test_a_link_may_have_a_shorter_life(company: Company) -> None:
    key = company.bot.ground.links.sign("alice", company.clock.now(), timedelta(minutes=5))
    company.clock.advance(minutes=6)
    assert (await _opens(company, key))[0] == 403


async def test_another_web_site_cannot_act_in_the_name_of_an_open_console(
    company: Company,
) -> None:
    fields = {"as": "alice", "text": "invoke"}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = await company.http.post("/console/say", data=fields, headers=foreign)
    assert answer.status_code == 403
    assert "not been invoked" in await company.alice.says("events")
    own = {"Origin": company.url, "Sec-Fetch-Site": "same-origin"}
    assert (await company.http.post("/console/say", data=fields, headers=own)).json()["ok"]


def _with_host(config: Path, host: str) -> Path:
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["web"]["host"] = host
    path = config.parent / "exposed.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
