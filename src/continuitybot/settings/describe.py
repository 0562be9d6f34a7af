"""The documentation of the settings, written from the sections themselves.

`python -m continuitybot.settings.describe EXAMPLE` prints it; EXAMPLE is the file that `init`
writes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from continuitybot.settings.example import by_root_key, uncommented
from continuitybot.settings.root import Settings
from continuitybot.settings.tree import all_sections
from continuitybot.settings.values import Secret, Section, format_duration

_HEAD = """\
# Configuration

One file, `continuitybot.yaml`; `continuitybot init` writes one to start from, `continuitybot check`
says what is wrong in it. Only `organisation` and one entry of `checks` are required.

- A **duration** is written `90s`, `2m`, `1h30m` or `7d`; a number alone is seconds.
- A **secret** is named, not written: `env:NAME` is an environment variable, `file:PATH` a file.
- A file or folder with a relative path is beside `continuitybot.yaml`; that of a secret is in the
  folder in which the bot is started.
- YAML is read by the rules of version 1.2: only `true` and `false` are truth values, and `NO`,
  `22:30` and `+43…` are text.

| environment variable | meaning |
|---|---|
| `CONTINUITYBOT_CONFIG` | the settings file, instead of `continuitybot.yaml` in this folder |
| `CONTINUITYBOT_AS` | the handle of the person who speaks on the command line (`--as`) |

Besides these, only the environment variables that the file names as secrets are read; with
`tracing`, OpenTelemetry's exporter reads its own too, such as `OTEL_EXPORTER_OTLP_CERTIFICATE`.

<!-- Written by `make docs` from src/continuitybot/settings. -->
"""
_ACRONYMS = {"Smtp": "SMTP", "Dns": "DNS", "Http": "HTTP"}
_PLAIN = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    time: "time of the day",
    timedelta: "duration",
    Path: "file or folder",
    Secret: "secret",
    NoneType: "nothing",
    Any: "anything",
}


def describe(root: type[Section], example: str) -> str:
    """Markdown of every setting below `root`: type, default and meaning; `example` is a file."""
    examples = by_root_key(uncommented(example))
    parts = [_HEAD, f"## The file\n\n{_table(root)}"]
    described: set[type[Section]] = set()
    for name, field in root.model_fields.items():
        below = [one for one in all_sections(field.annotation) if one not in described]
        described.update(below)
        parts.append(f"## `{name}`\n" + ("" if below else f"\n{field.description}\n"))
        if name in examples:
            parts.append(f"```yaml\n{examples[name]}\n```\n")
        for section in dict.fromkeys(below):
            parts.append(f"### {_title(section)}\n\n{_meaning(section)}\n\n{_table(section)}")
    return "\n".join(parts)


def _table(section: type[Section]) -> str:
    rows = [_row(name, field) for name, field in section.model_fields.items()]
    head = "| setting | type | default | meaning |\n|---|---|---|---|"
    return "\n".join([head, *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    kind = get_args(field.annotation)
    is_fixed = get_origin(field.annotation) is Literal and len(kind) == 1
    meaning = field.description or (f"`{kind[0]}`" if is_fixed else "")
    cells = (f"`{field.alias or name}`", _type(field.annotation), _default(field), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _title(section: type[Section]) -> str:
    """What a section is called: `RoundTripCheck` is a round trip check."""
    words = re.findall(r"[A-Z][a-z]+", section.__name__.removesuffix("Settings"))
    return " ".join(_ACRONYMS.get(word, word.lower()) for word in words)


def _meaning(section: type[Section]) -> str:
    return " ".join((section.__doc__ or "").split())


def _type(kind: Any) -> str:
    """A kind of value in plain words."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Section):
        title = _title(kind)
        return f"[{title}](#{title.casefold().replace(' ', '-')})"
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return f"list of: {_type(parts[0])}"
    if origin in {Union, UnionType}:
        return " or ".join(_type(part) for part in parts if part is not NoneType)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"names, each with: {_type(parts[1])}"
    return _type(parts[0])  # Annotated: the kind comes first, then what is checked


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    return _written(field.get_default(call_default_factory=True))


def _written(value: Any) -> str:
    """A default as it would be written."""
    if value is None or value is PydanticUndefined or value in ("", (), {}):
        return "—"
    if isinstance(value, Section):
        return "as below"
    if isinstance(value, Sequence) and any(isinstance(one, Section) for one in value):
        return "as below"
    return f"`{_yaml(value)}`"


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(_plain(value), default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


if __name__ == "__main__":
    sys.stdout.write(describe(Settings, Path(sys.argv[1]).read_text(encoding="utf-8")))
