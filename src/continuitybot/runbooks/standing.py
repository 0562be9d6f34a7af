"""How a step goes on whose object outside lives on: an event, a broadcast, an approval, a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks.moves import Done, Fail, Move, Next
from continuitybot.runbooks.ports import Standing

OUTPUTS = frozenset({"ref", "standing", "text"})
REFUSED = frozenset({"rejected", "expired", "voided"})


def told(standing: Standing) -> dict[str, Any]:
    """A standing as plain data, for the engine."""
    return {
        "ref": standing.ref,
        "state": standing.state,
        "consent": standing.consent,
        "decided_by": standing.by,
        "text": standing.text,
        "data": dict(standing.data),
    }


def follow(data: Mapping[str, Any], good: frozenset[str], bad: frozenset[str]) -> Move:
    """Done in a good state, failed in a bad one or when its approval was refused, else wait."""
    outputs = {
        "ref": data["ref"],
        "standing": data["state"],
        "text": data["text"],
        **data["data"],
    }
    if data["state"] in good:
        return Done(outputs, by=data["decided_by"])
    if data["state"] in bad or data["consent"] in REFUSED:
        return Fail(_why(data), outputs)
    return Next(subjects=(data["ref"],), outputs=outputs)


def _why(data: Mapping[str, Any]) -> str:
    why = f": {data['text']}" if data["text"] else ""
    if data["consent"] in REFUSED:
        by = f" by {data['decided_by']}" if data["decided_by"] else ""
        return f"{data['ref']} was {data['consent']}{by}{why}"
    return f"{data['ref']} is {data['state']}{why}"
