"""What a browser makes of the bot's HTML: the words on it, and the forms that can be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"input", "meta", "link", "br", "polyline", "line"})


@dataclass
class Form:
    """A form with the names its buttons go by, and the fields that are posted with it.

    `values` are the name and value that a button itself adds, by the button's label.
    """

    action: str
    labels: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, tuple[str, str]] = field(default_factory=dict)

    def pressed(self, label: str, **answers: str) -> dict[str, str]:
        """What is posted when the button of that name is pressed, with the answers written."""
        filled = dict(self.filled({f"answer:{name}": text for name, text in answers.items()}))
        return filled | (
            {self.values[label][0]: self.values[label][1]} if label in self.values else {}
        )

    def filled(self, answers: dict[str, str]) -> list[tuple[str, str]]:
        """The fields to post, with `answers` (by field name) in the place of what stood there."""
        return [(name, answers.get(name, value)) for name, value in self.fields]


class Page(HTMLParser):
    """A page or a part of one."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.scripts: list[str] = []
        self._words: list[str] = []
        self._open: list[str] = []
        self._button: tuple[str, str] | None = None
        self.feed(html)

    @property
    def text(self) -> str:
        """Everything there is to read, in one line."""
        return " ".join(" ".join(self._words).split())

    def form(self, label: str) -> Form | None:
        """The form with a button of that name."""
        return next((form for form in self.forms if label in form.labels), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "script":
            self.scripts.append(given.get("src", ""))
        elif "name" in given and tag in {"input", "textarea", "select"} and self.forms:
            self.forms[-1].fields.append((given["name"], given.get("value", "")))
        self._button = (given["name"], given.get("value", "")) if _adds(tag, given) else None

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        words = data.strip()
        if not words:
            return
        self._words.append(words)
        if self._open and self._open[-1] in {"button", "summary"} and "form" in self._open:
            self.forms[-1].labels.append(words)
            if self._button is not None:
                self.forms[-1].values[words] = self._button


def _adds(tag: str, given: dict[str, str]) -> bool:
    return tag == "button" and "name" in given
