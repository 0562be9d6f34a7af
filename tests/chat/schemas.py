"""Vendors' JSON schemas, where this machine has them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest


def assert_valid(document: Any, schema: str) -> None:
    """Check against `$CONTINUITYBOT_SCHEMAS/<schema>`; skip the test where that is not set."""
    folder = os.environ.get("CONTINUITYBOT_SCHEMAS")
    if not folder:
        pytest.skip("CONTINUITYBOT_SCHEMAS does not name a folder with the vendors' schemas")
    validator = jsonschema.Draft7Validator(json.loads((Path(folder) / schema).read_text()))
    faults = validator.iter_errors(document)
    problems = [f"{list(fault.absolute_path)}: {fault.message}"[:300] for fault in faults]
    assert problems == [], "\n".join(problems)
