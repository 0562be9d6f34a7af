"""Setting up: what `init` writes is well, and `check` says everything that is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from continuitybot.app.checking import check_everything
from continuitybot.cli import app
from continuitybot.errors import BadInput, Refused
from continuitybot.runbooks import json_schema
from continuitybot.settings.example import uncommented


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation as `init` writes it."""
    found = tmp_path / "new" / "bot"
    assert run("init", found).exit_code == 0
    return found


def test_what_init_writes_is_well_at_once(folder: Path) -> None:
    checked = run("check", "--config", folder / "continuitybot.yaml")
    assert checked.exit_code == 0
    assert checked.output.startswith(f"{folder}/continuitybot.yaml is well. Checks: 1, people: 3")
    assert "note:" not in checked.output


def test_every_example_that_is_commented_out_is_well_too(folder: Path) -> None:
    config = folder / "continuitybot.yaml"
    config.write_text(uncommented(config.read_text()))
    settings = check_everything(config).settings
    assert [check.kind for check in settings.checks] == ["smtp", "round_trip", "round_trip", "smtp"]
    assert [provider.kind for provider in settings.continuity.providers] == ["manual", "webhook"]
    assert [carrier.kind for carrier in settings.broadcast.carriers] == ["twilio"]
    assert settings.chat.slack is not None
    assert settings.email_relay is not None


def test_init_replaces_nothing_unless_it_is_told_to(folder: Path) -> None:
    (folder / "people.csv").write_text("mine")
    refused = run("init", folder)
    assert isinstance(refused.exception, Refused)
    assert "people.csv" in str(refused.exception)
    assert (folder / "people.csv").read_text() == "mine"
    assert run("init", folder, "--force").exit_code == 0
    assert (folder / "people.csv").read_text() != "mine"


def test_init_into_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    refused = run("init", tmp_path / "taken")
    assert isinstance(refused.exception, Refused)
    assert "is not a folder" in str(refused.exception)


def test_secrets_that_are_not_there_yet_are_noted_and_no_problem(folder: Path) -> None:
    config = folder / "continuitybot.yaml"
    config.write_text(config.read_text().replace("web:\n", "web:\n  link_key: env:NOT_SET_YET\n"))
    checked = run("check", "--config", config)
    assert checked.exit_code == 0
    assert checked.output.splitlines()[-1] == (
        "note: The environment variable NOT_SET_YET is not set. It is `web.link_key`."
    )


def test_the_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    config, people = folder / "continuitybot.yaml", folder / "people.csv"
    config.write_text(config.read_text().replace("port: 8080", "prot: 8080"))
    people.write_text(people.read_text().replace("bob@example.com", "bob"))
    (folder / "runbooks" / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(BadInput) as refused:
        check_everything(config)
    places = {problem.where.split(":")[0].rpartition("/")[2] for problem in refused.value.problems}
    assert places == {"continuitybot.yaml", "people.csv", "mine.yaml"}


def test_the_program_answers_in_lines_and_ends_with_one(folder: Path) -> None:
    (folder / "continuitybot.yaml").write_text("organisation: {name: Harbour}\n")
    program = [sys.executable, "-m", "continuitybot", "check"]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "continuitybot.yaml and the files it names have 2 problems:",
        "  continuitybot.yaml:1:1: `organisation.domains` is missing. Add it.",
        "  continuitybot.yaml:1:1: `checks` is missing. Add it.",
    ]


STRANGE = """\
name: strange
title: Names nobody has
kind: incident
on: {alert: {check: inbound-smpt}}
inputs: {who: {default: alice}}
steps:
  - {id: look, title: Look, check: {checks: [inbound-smtp, inbond-smtp], expect: any}}
  - {id: prove, title: Prove, owner: alcie, canary: {route: standby_inbund}}
  - {id: wake, title: Wake, page: {who: "on-call, role:amdin", text: "{{ inputs.who }}, wake up"}}
  - {id: switch, title: Switch, invoke: {provider: by-hands, for: 1h}}
  - {id: tell, title: Tell, broadcast: {audience: "{{ inputs.who }}", text: Mail is down}}
"""


def test_names_of_a_runbook_that_the_settings_do_not_have_are_told(folder: Path) -> None:
    (folder / "runbooks" / "strange.yaml").write_text(STRANGE, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        check_everything(folder / "continuitybot.yaml")
    told = [str(one).partition("strange.yaml:")[2] for one in refused.value.problems]
    assert told == [
        "4:14: the settings have no check of this name (found inbound-smpt). "
        "Did you mean `inbound-smtp`?",
        "7:60: the settings have no check of this name (found inbond-smtp). "
        "Did you mean `inbound-smtp`?",
        "8:54: the settings have no route of this name (found standby_inbund). "
        "Did you mean `standby_inbound`?",
        "8:31: names no person and no audience (found alcie). Did you mean alice?",
        "9:36: names no person and no audience (found on-call, role:amdin). "
        "Did you mean role:admin?",
        "10:42: the settings have no provider of this name (found by-hands). "
        "Did you mean `by-hand`?",
    ]


def test_init_writes_the_schema_that_editors_use_beside_the_runbooks(folder: Path) -> None:
    schema = json.loads((folder / "runbooks" / "runbook.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()
    written = list((folder / "runbooks").glob("*.yaml"))
    assert len(written) == 4
    for path in written:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# yaml-language-server: $schema=runbook.schema.json"


def test_check_of_runbooks_notes_what_is_odd_and_lists_what_is_well(folder: Path) -> None:
    text = STRANGE.replace("{{ inputs.who }}, w", "W").replace("{{ inputs.who }}", "all")
    (folder / "runbooks" / "strange.yaml").write_text(text, encoding="utf-8")
    checked = run("runbook", "check", folder / "runbooks")
    assert checked.exit_code == 0
    assert "5 runbooks are well: continuity-test, fail-back, live-incident" in checked.stdout
    assert "strange.yaml:5:10: the input `who` is used nowhere. Leave it out." in checked.stderr
