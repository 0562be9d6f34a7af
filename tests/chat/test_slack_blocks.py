"""Cards and forms as Block Kit, within every limit, with nothing read as markup."""

from __future__ import annotations

import json

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from chat.cards import FORM, FULL, HUGE
from chat.schemas import assert_valid
from continuitybot.chat.message import Button, Card, Field, Form, Table
from continuitybot.chat.slack import blocks, views
from continuitybot.errors import Permanent

CARDS = {"full": FULL, "huge": HUGE, "bare": Card("Hello"), "empty": Card("")}
MESSAGES = [
    pytest.param(card, plain, id=f"{name}-{'plain' if plain else 'rich'}")
    for name, card in CARDS.items()
    for plain in (False, True)
]


@pytest.mark.parametrize(("card", "plain"), MESSAGES)
def test_every_card_keeps_to_the_limits_of_slack(card: Card, plain: bool) -> None:
    message = blocks.message(card, plain_tables=plain)

    for block in Block.parse_all(message["blocks"]):
        block.validate_json()
    names = [block["block_id"] for block in message["blocks"]]
    assert len(names) == len(set(names)) <= 50
    assert len(json.dumps(message)) < 200_000


@pytest.mark.parametrize(("card", "plain"), MESSAGES)
def test_every_card_fits_the_published_schema(card: Card, plain: bool) -> None:
    message = blocks.message(card, plain_tables=plain)
    assert_valid({"text": message["text"], "blocks": message["blocks"]}, "slack-message.json")


def test_nothing_in_a_card_is_read_as_markup() -> None:
    message = json.dumps(blocks.message(FULL))
    assert '"mrkdwn"' not in message
    assert "<!channel>" not in blocks.message(Card("<!channel>"))["text"]


def test_the_first_line_says_live_or_drill() -> None:
    assert blocks.message(FULL)["blocks"][0]["text"]["text"] == "LIVE · INC-7 Mail does not arrive"
    assert blocks.message(Card("EVT-3", mode="DRILL"))["text"] == "DRILL · EVT-3"


def test_what_does_not_fit_is_said_and_the_buttons_stay() -> None:
    message = blocks.message(HUGE)
    words = json.dumps(message, ensure_ascii=False)
    assert "more parts: the console shows them" in words
    assert "note INC-7 29" in words
    assert "“l” is too long for a button here" in words
    assert "shortened here" in words


def test_a_long_table_says_how_many_rows_are_missing() -> None:
    table = Table(("Run",), tuple((f"RUN-{n}",) for n in range(150)))
    words = json.dumps(blocks.message(Card("Runs", table=table)))
    assert "51 more rows" in words


def test_a_button_carries_its_command_and_asks_first() -> None:
    actions = [b for b in blocks.message(FULL)["blocks"] if b["type"] == "actions"]
    button = actions[-1]["elements"][0]
    assert (button["value"], button["style"]) == ("invoke --for 4h", "danger")
    assert button["confirm"]["title"]["text"] == "Move the mail?"


def test_a_block_that_changes_has_another_id() -> None:
    one = blocks.message(Card("EVT-3", state="ACTIVE"))["blocks"]
    two = blocks.message(Card("EVT-3", state="ENDED"))["blocks"]
    assert one[0]["block_id"] == two[0]["block_id"]
    assert one[1]["block_id"] != two[1]["block_id"]


def test_two_equal_buttons_can_stand_in_one_card() -> None:
    card = Card("RUN-1", buttons=(Button("Done", "step done RUN-1 a"),) * 3)
    elements = blocks.message(card)["blocks"][-1]["elements"]
    assert len({element["action_id"] for element in elements}) == 3


def test_a_form_is_a_valid_modal() -> None:
    view = views.view(FORM, {"channel": "C1", "thread": "", "direct": False, "response_url": ""})
    View(**view).validate_json()
    assert_valid({"modal": view, "home": {"type": "home", "blocks": []}}, "slack-views.json")


def test_answers_come_back_in_the_order_of_the_fields() -> None:
    view = views.view(FORM, {"channel": "C1"})
    names = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    state = {
        names[1]: {"answer": {"value": "mail is down"}},
        names[0]: {"answer": {"selected_option": {"value": "4h"}}},
    }
    command, answers, back = views.submitted({**view, "state": {"values": state}})
    assert (command, answers, back) == (
        "invoke",
        (("--for", "4h"), ("--reason", "mail is down")),
        {"channel": "C1"},
    )


def test_a_form_too_large_for_slack_is_refused() -> None:
    form = Form("Note", f"note INC-7 {'x' * 3_000}", (Field("text", "Text"),))
    with pytest.raises(Permanent, match="too large for Slack"):
        views.view(form, {})
