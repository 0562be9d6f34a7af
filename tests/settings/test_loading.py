"""A whole settings file: what is taken, and what does not hinder what."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuitybot.errors import BadInput, Refused
from continuitybot.settings import Settings, database_url, load, read_settings
from continuitybot.settings.tree import secrets

LEAST = """\
organisation: {name: Harbour, domains: [Harbour.example]}
checks: [{name: web, kind: http, url: 'https://mail.harbour.example'}]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "continuitybot.yaml"
    path.write_text(text)
    return path


def test_an_organisation_and_a_check_are_enough(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST))
    assert settings.organisation.domains == ("harbour.example",)
    assert [check.name for check in settings.checks] == ["web"]
    assert settings.web.port == 8080


def test_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    assert load(written(tmp_path, f"\ufeff{LEAST}")).organisation.name == "Harbour"


def test_figures_may_be_keys_as_those_of_answers_are(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST + "broadcast: {replies: {meanings: {1: safe}}}"))
    assert settings.broadcast.replies.meanings == {"1": "safe"}


def test_a_faulty_section_does_not_hide_what_is_wrong_between_others(tmp_path: Path) -> None:
    more = "web: {port: x}\nemail_relay: {host: r, from: bot@harbour.example}\n"
    with pytest.raises(BadInput) as refused:
        load(written(tmp_path, LEAST + more))
    assert [problem.where.rpartition("/")[2] for problem in refused.value.problems] == [
        "continuitybot.yaml:3:7",
        "continuitybot.yaml:4:24",
    ]


def test_sections_that_are_well_can_be_used_while_another_is_not(tmp_path: Path) -> None:
    file = read_settings(written(tmp_path, LEAST + "web: {port: x}\n"))
    assert file.settings is None
    assert set(Settings.model_fields) - set(file.sections) == {"web"}
    assert file.sections["people"].file == Path("people.csv")


def test_a_relative_database_stands_beside_the_settings(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST))
    assert database_url(settings, tmp_path) == f"sqlite:///{tmp_path}/continuitybot.db"
    absolute = settings.model_copy(update={"database": "sqlite:////var/bot.db"})
    assert database_url(absolute, tmp_path) == "sqlite:////var/bot.db"


def test_the_address_of_a_database_can_be_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(written(tmp_path, LEAST + "database: env:THE_DATABASE\n"))
    with pytest.raises(Refused, match="THE_DATABASE is not set"):
        database_url(settings, tmp_path)
    monkeypatch.setenv("THE_DATABASE", "postgresql://bot:secret@db/bot")
    assert database_url(settings, tmp_path) == "postgresql://bot:secret@db/bot"


def test_every_secret_is_found_with_its_path(tmp_path: Path) -> None:
    more = (
        "web: {link_key: env:KEY}\n"
        "broadcast: {carriers: [{name: a, kind: webhook, url: 'https://x', "
        "signing_secret: env:SIGN}]}\n"
    )
    found = secrets(load(written(tmp_path, LEAST + more)))
    assert {".".join(map(str, loc)): secret.source for loc, secret in found} == {
        "broadcast.carriers.0.signing_secret": "env:SIGN",
        "web.link_key": "env:KEY",
    }
