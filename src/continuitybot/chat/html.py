"""Cards as HTML that works on a phone, in a screen reader and without JavaScript.

Buttons and forms are `<form method="post">` whose field `command` is a line of the grammar; the
answers of a form are fields named `answer:<field name>`, and `posted_line` makes one line of all.
Class names, for style sheets: `card`, `mode`, `state` and `tone-good|warning|bad`, `facts`, `text`,
`grid` (tables), `chart` with `series` and `normal`, `checklist` with `item-<state>`, `progress`,
`buttons`, `button` with `primary|danger|plain`, `confirm`, `fields`, `hint`, `footer`; `wide` for
a fact with much to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from continuitybot.chat.grammar import fill
from continuitybot.chat.message import Button, Card, Chart, Moment, Piece, Span, Text, plain
from continuitybot.chat.times import shown
from continuitybot.chat.wording import ITEM_MARKS, chart_words, progress_words, state_words

WIDTH, HEIGHT = 320, 64  # of a chart, in units of its own view box
_ANSWER = "answer:"
_WIDE = 20  # characters of a fact, from which it gets a line of its own
_REF = re.compile(r"\b(?:INC|EVT|SMS|RUN|DRILL)-[0-9]{1,9}\b")
_ADDRESS = re.compile(r"https?://\S+")
_TIME = Markup('<time datetime="{at}">{words}</time>')
_LINK = Markup('<a href="{page}">{ref}</a>')
_STYLES = {"bold": Markup("<strong>{}</strong>"), "code": Markup("<code>{}</code>")}


class HtmlCards:
    """Renders cards for one reader: their zone, where commands are posted, and what goes along.

    `hidden` are further fields of every form, such as a token against forged requests; `page_of`
    is the address of the page of a reference, "" for one that is not to be a link.
    """

    def __init__(
        self,
        action: str,
        zone: tzinfo = UTC,
        hidden: Mapping[str, str] | None = None,
        page_of: Callable[[str], str] = lambda _ref: "",
    ) -> None:
        self._zone = zone
        self._page_of = page_of
        self._context = {
            "action": action,
            "hidden": dict(hidden or {}),
            "say": self.text,
            "is_wide": lambda text: len(plain(text)) > _WIDE,
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

    def buttons(self, buttons: Iterable[Button]) -> Markup:
        """Buttons alone, each with its question before it does what it says."""
        html = _environment().get_template("buttons.html").render(self._context, all=buttons)
        return Markup(html)  # noqa: S704 - autoescaped

    def text(self, text: Text) -> Markup:
        """A text, escaped; moments in the reader's zone, references as links to their pages."""
        pieces = (text,) if isinstance(text, str) else text
        return Markup("").join(map(self._piece, pieces))

    def _piece(self, piece: Piece) -> Markup:
        if isinstance(piece, Moment):
            at = piece.at.isoformat(timespec="seconds")
            return _TIME.format(at=at, words=shown(piece.at, self._zone))
        if isinstance(piece, Span):
            styled = _STYLES[piece.style].format(piece.text)
            is_address = _ADDRESS.fullmatch(piece.text) is not None
            return _LINK.format(page=piece.text, ref=styled) if is_address else styled
        return self._linked(piece)

    def _linked(self, text: str) -> Markup:
        found, end = Markup(""), 0
        for match in _REF.finditer(text):
            found += escape(text[end : match.start()]) + self._link(match[0])
            end = match.end()
        return found + escape(text[end:])

    def _link(self, ref: str) -> Markup:
        page = self._page_of(ref)
        return _LINK.format(page=page, ref=ref) if page else escape(ref)


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
