"""Texts with a person's name in them: templates that can say things but do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from continuitybot.broadcast.model import Recipient
from continuitybot.errors import Refused

# Texts and requests to gateways are no HTML.
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
DRILL_PREFIX = "[DRILL] "


def render(source: str, variables: Mapping[str, object]) -> str:
    """The template with its variables filled in. Raises Refused with what is wrong in it."""
    try:
        return _compiled(source).render(variables)
    except TemplateSyntaxError as error:
        raise Refused(
            f"The text is not a valid template: {error.message} (line {error.lineno}).",
            remedy="Mend what stands in {{ … }} or {% … %}.",
            code="template",
        ) from error
    except UndefinedError as error:
        raise Refused(
            f"The text uses something that does not exist: {error.message}.",
            remedy=f"It may use {', '.join(variables)}.",
            code="template",
        ) from error
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise Refused(f"The text cannot be filled in: {error}.", code="template") from error


def text_for(source: str, recipient: Recipient, *, drill: bool) -> str:
    """The exact text one person gets."""
    variables = {
        "first_name": recipient.name.split(" ")[0],
        "name": recipient.name,
        "handle": recipient.person,
    }
    return (DRILL_PREFIX if drill else "") + render(source, variables).strip()


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)
