"""The settings file that `init` writes, as examples: with what it has commented out."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SETTING = re.compile(r"^( *)# ( *(?:- )?[a-z_]+:( .*)?)$")
_ROOT_KEY = re.compile(r"^([a-z_]+):")


def uncommented(text: str) -> str:
    """The file with every example in use."""
    return "".join(_SETTING.sub(r"\1\2", line) for line in text.splitlines(keepends=True))


def by_root_key(text: str) -> Mapping[str, str]:
    """What the file has for each key at its root, without the comments between them."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if key := _ROOT_KEY.match(line):
            lines = found.setdefault(key[1], [])
        elif line.startswith("#"):
            lines = []
        lines.append(line)
    return {key: "\n".join(lines).rstrip() for key, lines in found.items()}
