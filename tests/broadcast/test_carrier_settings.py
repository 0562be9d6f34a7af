from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from continuitybot.settings.broadcast import BroadcastSettings

TWILIO = {
    "name": "twilio",
    "kind": "twilio",
    "account_sid": "AC1",
    "auth_token": "env:TOKEN",
    "from_number": "+436601234567",
}


def read(*carriers: dict[str, Any], **more: Any) -> BroadcastSettings:
    return BroadcastSettings.model_validate({"carriers": list(carriers)} | more)


@pytest.mark.parametrize("sender", ["+436601234567", "12345", "Harbour", "Harbour 24"])
def test_a_sender_is_a_number_a_short_code_or_letters(sender: str) -> None:
    (carrier,) = read(TWILIO | {"from_number": sender}).carriers

    assert carrier.kind == "twilio"
    assert carrier.from_number == sender


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"from_number": "0660 1234567"}, "a sender is"),
        ({"from_number": ""}, "name either from_number or messaging_service_sid"),
        ({"messaging_service_sid": "MG1"}, "name either from_number or messaging_service_sid"),
        ({"timeout": "30s"}, "between 1ms and 15s"),
        ({"validity": "8h"}, "between 1m and 4h"),
        ({"auth_token": "abc123"}, "env:NAME or file:PATH"),
        ({"kind": "pigeon"}, "twilio"),
        ({"name": "My Carrier"}, "a short name in small letters"),
    ],
)
def test_a_wrong_carrier_is_refused_with_what_to_write(change: dict[str, Any], said: str) -> None:
    read(TWILIO)
    with pytest.raises(ValidationError, match=said):
        read(TWILIO | change)


def test_two_carriers_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two carriers are named twilio"):
        read(TWILIO, TWILIO)


def test_a_template_without_a_text_is_refused() -> None:
    with pytest.raises(ValidationError, match="template down needs a text"):
        read(TWILIO, templates={"down": {"en": " "}})
