"""Cards as HTML that works on a phone, in a screen reader and without JavaScript.

Buttons and forms are `<form method="post">` whose field `command` is a line of the grammar; the
answers of a form are fields named `answer:<field name>`, and `posted_line` makes one line of all.
Class names, for style sheets: `card`, `mode`, `state` and `tone-good|warning|bad`, `facts`, `text`,
`grid` (tables), `chart` with `series` and `normal`, `checklist` with `item-<state>`, `progress`,
`buttons`, `button` with `primary|danger|plain`, `confirm`, `fields`, `hint`, `footer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from continuitybot.chat.grammar import fill
from continuitybot.chat.message import Card, Chart
from continuitybot.chat.times import shown
from continuitybot.chat.wording import ITEM_MARKS, chart_words, progress_words, state_words

WIDTH, HEIGHT = 320, 64  # of a chart, in units of its own view box
_ANSWER = "answer:"


class HtmlCards:
    """Renders cards for one reader: their zone, where commands are posted, and what goes along.

    `hidden` are further fields of every form, such as a token against forged requests.
    """

    def __init__(
        self, action: str, zone: tzinfo = UTC, hidden: Mapping[str, str] | None = None
    ) -> None:
        self._context = {
            "action": action,
            "hidden": dict(hidden or {}),
            "shown": lambda at: shown(at, zone),
            "chart_words": chart_words,
            "curves": curves,
            "item_marks": ITEM_MARKS,
            "normal_height": normal_height,
            "progress_words": progress_words,
            "state_words": state_words,
        }

    def card(self, card: Card) -> Markup:
        """The card as an `<article>`, escaped: pages include it as it is."""
        html = _environment().get_template("card.html").render(self._context, card=card)
        return Markup(html)  # noqa: S704 - autoescaped


def posted_line(fields: Iterable[tuple[str, str]]) -> str:
    """The line of the grammar in a posted form: its command, completed by its answers."""
    pairs = list(fields)
    command = next((value for name, value in pairs if name == "command"), "")
    answers = [
        (name.removeprefix(_ANSWER), value) for name, value in pairs if name.startswith(_ANSWER)
    ]
    return fill(command, answers)


def curves(chart: Chart) -> list[str]:
    """The lines of a chart as SVG point lists; a gap ends one and the next begins after it."""
    top = _top(chart)
    step = WIDTH / max(1, len(chart.points) - 1)
    lines: list[list[str]] = [[]]
    for index, point in enumerate(chart.points):
        if point.value is None:
            lines.append([])
        else:
            lines[-1].append(f"{index * step:.1f},{_height(point.value, top):.1f}")
    return [" ".join(line * 2 if len(line) == 1 else line) for line in lines if line]


def normal_height(chart: Chart) -> str:
    """Where the line of the normal value is drawn."""
    return f"{_height(chart.normal or 0.0, _top(chart)):.1f}"


def _top(chart: Chart) -> float:
    values = [point.value for point in chart.points if point.value is not None]
    return max([*values, chart.normal or 0.0]) or 1.0


def _height(value: float, top: float) -> float:
    return HEIGHT - max(0.0, value) / top * (HEIGHT - 4) - 2


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("continuitybot.chat", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
