"""What the settings of people and of the on-call ladder refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from continuitybot.settings.people import OncallSettings, PeopleSettings


def test_a_ladder_names_everybody_once_in_its_order() -> None:
    settings = OncallSettings.model_validate(
        {
            "ladder": [
                {"people": ["carol", "group:it"], "channels": ["sms"], "wait": "3m"},
                {"people": ["role:admin", "carol"]},
            ],
            "repeat": "15m",
        }
    )
    assert settings.queries() == ("carol", "group:it", "role:admin")
    assert settings.ladder[0].wait == timedelta(minutes=3)
    assert settings.ladder[1].channels == ("chat", "sms", "email")


def test_without_settings_the_responders_are_on_call() -> None:
    assert OncallSettings().queries() == ("role:responder",)


@pytest.mark.parametrize(
    ("ladder", "words"),
    [
        ([], "at least 1 item"),
        ([{"people": []}], "at least 1 item"),
        ([{"people": ["On-Call"]}], "the ladder decides who is on call"),
        ([{"people": ["carol"], "channels": ["sms", "sms"]}], "a channel is named twice"),
        ([{"people": ["carol"], "channels": ["pigeon"]}], "'chat', 'sms' or 'email'"),
        ([{"people": ["carol"], "wait": "soon"}], "a duration is a number"),
    ],
)
def test_a_ladder_that_pages_nobody_or_twice_is_refused(ladder: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        OncallSettings.model_validate({"ladder": ladder})


@pytest.mark.parametrize(
    "settings", [{"roles": {"chief": ["alice"]}}, {"default_region": "Austria"}, {"fiel": "x.csv"}]
)
def test_a_wrong_setting_of_people_is_refused(settings: Any) -> None:
    with pytest.raises(ValidationError):
        PeopleSettings.model_validate(settings)
