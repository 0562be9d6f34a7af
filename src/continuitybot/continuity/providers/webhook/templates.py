"""Templates in the settings of a webhook: sandboxed, and an undefined name is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from continuitybot.errors import Refused

_sandbox = SandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # URLs, headers and JSON are not HTML
)


def fill(value: Any, variables: Mapping[str, Any], where: str) -> Any:
    """The value with every template in it filled in. Raises Refused naming `where` it went wrong.

    Lists and mappings are filled inside; what is not text stays as it is.
    """
    if isinstance(value, str):
        try:
            return _sandbox.from_string(value).render(variables)
        except TemplateError as error:
            raise Refused(
                f"{where}: the template {value!r} cannot be filled in: {error.message}.",
                remedy=f"It may use: {', '.join(sorted(variables))}.",
            ) from error
    if isinstance(value, Mapping):
        return {key: fill(inner, variables, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, variables, f"{where}[{i}]") for i, inner in enumerate(value)]
    return value
