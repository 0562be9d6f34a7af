"""The forms a report is written in: a page to print, a text to paste, values to process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from continuitybot.errors import NotFound
from continuitybot.incidents.report.build import Report
from continuitybot.store import to_document

_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_html(report: Report) -> str:
    """A page of its own: no script, nothing fetched from elsewhere, made to be printed."""
    return _pages.get_template("report.html.j2").render(report=report)


def to_markdown(report: Report) -> str:
    """The report as Markdown; what people wrote is escaped and stays on its line."""
    return _texts.get_template("report.md.j2").render(report=report)


def to_json(report: Report) -> str:
    """The report as JSON, with times in ISO 8601, UTC."""
    document = {"headline": report.headline, **to_document(report)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


RENDERERS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {"html": to_html, "markdown": to_markdown, "json": to_json}
)


def render(report: Report, form: str = "html") -> str:
    """The report in one of the forms of RENDERERS. Raises NotFound for any other."""
    if form not in RENDERERS:
        raise NotFound(
            f"A report is not written as {form}.", remedy=f"Choose {', '.join(RENDERERS)}."
        )
    return RENDERERS[form](report)


def _moment(at: datetime) -> str:
    return f"{at:%d %B %Y %H:%M} UTC"


def _clock(at: datetime) -> str:
    return f"{at:%d %b %H:%M:%S}"


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _escaped(text: str) -> str:
    return _MARKED.sub(r"\\\1", " ".join(text.split()))


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("continuitybot.incidents.report"),
        autoescape=autoescape,  # noqa: S701  # off for Markdown only, which `escaped` is for
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": _moment,
        "clock": _clock,
        "escaped": _escaped,
        "number": _number,
    }
    return environment


_pages = _environment(autoescape=True)
_texts = _environment(autoescape=False)
