"""Inputs are read by their types; every fault is told at once."""

from __future__ import annotations

import pytest

from continuitybot.errors import BadInput
from continuitybot.runbooks.inputs import read_inputs
from rig.rehearsed import runbook

BOOK = runbook(
    "- {id: a, title: A, report: {}}",
    more="""
    inputs:
      hours: {type: duration, default: 4h}
      count: {type: number, required: true}
      domain: {type: domain}
      size: {type: choice, choices: [small, large], default: small}
      note: {}
    """,
)


def test_values_are_read_by_their_types_and_defaults_fill_the_rest() -> None:
    assert read_inputs(BOOK, {"count": "3", "domain": "Harbour.Example.", "hours": "90m"}) == {
        "hours": "1h30m",
        "count": 3,
        "domain": "harbour.example",
        "size": "small",
        "note": "",
    }


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        read_inputs(BOOK, {"hours": "soon", "domain": "-x", "size": "huge", "hour": 3})
    told = str(caught.value)
    for words in ("hours: a duration is", "domain: must be a domain", "size: must be one of small",
                  "Did you mean `hours`", "count: is needed. Give count="):  # fmt: skip
        assert words in told
