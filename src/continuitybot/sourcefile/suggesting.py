"""What somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def suggestion(word: str, known: Collection[str]) -> str:
    """`Did you mean …?`, or what there is."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"There is: {', '.join(sorted(known))}." if known else "There is none."
