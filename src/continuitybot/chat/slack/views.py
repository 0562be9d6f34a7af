"""Forms as Slack modals, and what comes back from them."""

from __future__ import annotations

import json
from typing import Any

from continuitybot.chat.message import Field, Form
from continuitybot.chat.slack import rich
from continuitybot.chat.slack.blocks import plain_text
from continuitybot.errors import Permanent

FORM = "form"
_ANSWER = "answer"
LONGEST_METADATA, LONGEST_TITLE = 3_000, 24


def view(form: Form, back: dict[str, Any]) -> dict[str, Any]:
    """The modal that asks for a form's fields. `back` is kept with it: where the answer goes."""
    kept = json.dumps({"command": form.command, "back": back}, ensure_ascii=False)
    if len(kept) > LONGEST_METADATA:
        raise Permanent(f"The form “{form.title}” is too large for Slack.", code="form_too_large")
    title_fits = len(form.title) <= LONGEST_TITLE
    heading = [] if title_fits else [rich.block(form.title)]
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain_text(form.title if title_fits else "continuitybot", LONGEST_TITLE),
        "submit": plain_text(form.submit_label, 24),
        "close": plain_text("Not now", 24),
        "private_metadata": kept,
        "blocks": [*heading, *(_input(n, field) for n, field in enumerate(form.fields))],
    }


def submitted(view: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...], dict[str, Any]]:
    """The command, the answers in the order of the fields, and what was kept as `back`."""
    kept = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    answers = []
    for block in view["blocks"]:
        if block["type"] == "input":
            name = block["block_id"].partition(":")[2]
            answers.append((name, _answer(values.get(block["block_id"], {}))))
    return kept["command"], tuple(answers), kept["back"]


def first_block(view: dict[str, Any]) -> str:
    """The block below which Slack shows what is wrong with the answers."""
    return next(str(block["block_id"]) for block in view["blocks"] if block["type"] == "input")


def _answer(block: dict[str, Any]) -> str:
    state = block.get(_ANSWER, {})
    chosen = state.get("selected_option") or {}
    return str(chosen.get("value") or state.get("value") or "")


def _input(number: int, field: Field) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input",
        "block_id": f"{number}:{field.name}"[:255],
        "label": plain_text(field.label, 2_000),
        "element": _select(field) if field.options else _text_input(field),
        "optional": not field.required,
    }
    if field.hint:
        block["hint"] = plain_text(field.hint, 2_000)
    return block


def _text_input(field: Field) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": _ANSWER,
        "multiline": field.kind == "multiline",
        "max_length": 3_000,
    }
    return element | ({"initial_value": field.value[:3_000]} if field.value else {})


def _select(field: Field) -> dict[str, Any]:
    options = [_option(value) for value in field.options[:100]]
    chosen = [option for option in options if option["value"] == field.value]
    element: dict[str, Any] = {
        "type": "static_select",
        "action_id": _ANSWER,
        "options": options,
    }
    return element | ({"initial_option": chosen[0]} if chosen else {})


def _option(value: str) -> dict[str, Any]:
    return {"text": plain_text(value, 75), "value": value[:150]}
