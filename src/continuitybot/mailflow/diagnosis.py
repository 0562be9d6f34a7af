"""One sentence on what is wrong: which hop, whose side, since when, and what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from continuitybot.mailflow.model import CheckView, Health, Hop, Observation, State
from continuitybot.mailflow.shapes import Side, shape_of

_SIDES = {
    Side.OURS: "our side",
    Side.PROVIDERS: "the provider's side",
    Side.NETWORK: "the network",
    Side.SENDERS: "the sender's side",
}
_OTHER_WAY = {"inbound": "outbound", "outbound": "inbound"}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, in one sentence and in its parts."""

    sentence: str
    hop: Hop | None
    side: Side
    since: datetime
    evidence: tuple[str, ...]


def diagnose(
    views: Sequence[CheckView], now: datetime, zone: tzinfo, about: str = ""
) -> Diagnosis | None:
    """What the checks together say is wrong; None while none of ours fails.

    The failure at the earliest hop leads, since what comes after it may only follow from it;
    with `about` the check of that name does. Times in the text are in `zone`.
    """
    failing = [view for view in views if view.health is Health.FAILING and not view.control]
    failing = [view for view in failing if about in {"", view.name}]
    if not failing:
        return None
    leading = min(failing, key=_root_first)
    worst, since = _worst(leading), leading.since or _worst(leading).at
    controls = [view for view in views if view.control]
    side = _side(leading, controls)
    shape = shape_of(worst)
    what = shape.words.format(code=worst.code, hop=worst.hop)
    parts = [f"{_capital(leading.title)} {what} since {_clock_time(since, now, zone)}"]
    parts += [words for words in (_other_way(leading, views), _controls(controls)) if words]
    return Diagnosis(
        sentence=f"{'; '.join(parts)}: {_SIDES[side]}.",
        hop=worst.hop,
        side=side,
        since=since,
        evidence=tuple(_evidence(view, now, zone) for view in _in_order(views)),
    )


def _worst(view: CheckView) -> Observation:
    if view.worst is None:
        raise ValueError(f"{view.name} is failing without a bad observation")
    return view.worst


def _root_first(view: CheckView) -> tuple[bool, int, datetime]:
    worst = _worst(view)
    order = worst.hop.order if worst.hop is not None else len(Hop)
    return worst.state is State.LATE, order, view.since or worst.at


def _side(leading: CheckView, controls: Sequence[CheckView]) -> Side:
    worst = _worst(leading)
    if any(_fails_alike(control, worst) for control in controls):
        return Side.OURS
    shape = shape_of(worst)
    side = shape.side
    if leading.direction == "outbound" and shape.outbound_side is not None:
        side = shape.outbound_side
    others_are_reached = any(control.health is Health.HEALTHY for control in controls)
    return Side.PROVIDERS if side is Side.NETWORK and others_are_reached else side


def _fails_alike(control: CheckView, worst: Observation) -> bool:
    failing = control.health is Health.FAILING and control.worst is not None
    return failing and _worst(control).hop is worst.hop


def _other_way(leading: CheckView, views: Sequence[CheckView]) -> str:
    way = _OTHER_WAY.get(leading.direction, "")
    health = {view.health for view in views if view.direction == way and not view.control}
    if Health.FAILING in health:
        return f"{way} fails too"
    return f"{way} is healthy" if health == {Health.HEALTHY} else ""


def _controls(controls: Sequence[CheckView]) -> str:
    failing = [view.title for view in controls if view.health is Health.FAILING]
    healthy = [view.title for view in controls if view.health is Health.HEALTHY]
    if failing:
        verb = "fail" if len(failing) > 1 else "fails"
        return f"the control {' and '.join(failing)} {verb} too"
    return f"the control {healthy[0]} is healthy" if healthy else ""


def _in_order(views: Sequence[CheckView]) -> list[CheckView]:
    known = [view for view in views if view.health is not Health.UNKNOWN]
    return sorted(known, key=lambda view: (view.health is Health.HEALTHY, view.control))


def _evidence(view: CheckView, now: datetime, zone: tzinfo) -> str:
    who = f"{'Control ' if view.control else ''}{view.title}"
    if view.health is Health.HEALTHY:
        return f"{who} is healthy."
    worst = _worst(view)
    place = " ".join(word for word in (worst.hop, worst.code) if word) or worst.state
    return f"{who} at {_clock_time(worst.at, now, zone)}: {place}. {worst.detail}".strip()


def _clock_time(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """A moment as people say it: the time, with the day unless that is today."""
    local = moment.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M %Z}"
    return f"{local.day} {local:%B} {local:%H:%M %Z}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
