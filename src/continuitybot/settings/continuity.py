"""Settings of the switch to the standby and back: providers, durations, proof, fail back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from continuitybot.settings.values import Domain, Duration, Secret, Section


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


class WebhookCall(Section):
    """One HTTP call of a webhook provider. `url`, `headers` and `json` values are Jinja2 templates.

    Templates know `domain`, `domains`, `plan.id`, `plan.provider`, `vars.…` (the provider's
    `variables`) and, in calls that change a route, `change.before` and `change.after`.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", description="The HTTP method."
    )
    url: str = Field(description="The address; a path is appended to the provider's `base_url`.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of this call, besides those of the provider."
    )
    body: dict[str, Any] = Field(
        default_factory=dict, alias="json", description="The JSON body; empty sends no body."
    )


class WebhookRead(WebhookCall):
    """The call that reads where the mail of one domain goes now."""

    value: str = Field(
        description="The dotted path, in the JSON answer, of the route: `next_hop`, `items.0.host`."
    )


class WebhookCount(WebhookCall):
    """The call that counts, for one domain, what the standby took and what became of it."""

    taken: str = Field(description="Dotted path of the number of messages the standby took.")
    delivered: str = Field(description="Dotted path of how many of them reached the primary.")
    outstanding: str = Field(description="Dotted path of how many have not arrived yet.")
    duplicates: str = Field("", description="Dotted path of how many arrived twice; optional.")
    lost: str = Field("", description="Dotted path of how many are known to be lost; optional.")


class Signing(Section):
    """How every request is signed, so that the receiver can tell that it is ours."""

    secret: Secret = Field(description="The shared key, named: `env:NAME` or `file:PATH`.")
    header: str = Field(
        "X-Continuitybot-Signature",
        description=(
            "The header that carries `sha256=<hex>`: HMAC-SHA256 of method, path with query, "
            "Idempotency-Key (empty when there is none) and body, joined by line feeds."
        ),
    )


class ProviderSettings(Section):
    """What every provider has: a name, and the domains it may switch."""

    name: str = Field(description="The name people use: `invoke --provider NAME`.")
    domains: tuple[Domain, ...] = Field(
        (), description="The domains it can switch; empty means every domain of the organisation."
    )
    pilot_domains: tuple[Domain, ...] = Field(
        (), description="Domains for drills only. Without any, drills cannot use this provider."
    )


class WebhookProvider(ProviderSettings):
    """A provider that is an HTTP service: its calls are written here as templates."""

    kind: Literal["webhook"] = Field(description="`webhook`: an HTTP service makes the switch.")
    base_url: str = Field(description="What the calls' paths are appended to.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of every call; templates like those of calls."
    )
    bearer: Secret | None = Field(
        None, description="A token sent as `Authorization: Bearer …`, named: `env:NAME`."
    )
    signing: Signing | None = Field(None, description="Sign every request with a shared key.")
    timeout: Duration = Field(
        _seconds(10), description="How long one call may take before its outcome is unknown."
    )
    variables: dict[str, str] = Field(
        default_factory=dict, description="Values of your own, `vars.NAME` in templates."
    )
    read: WebhookRead = Field(description="Reads the present route of one domain.")
    standby: str = Field(description="The route of a switched domain, as `read` gives it.")
    apply: WebhookCall = Field(description="Routes one domain to the standby.")
    revert: WebhookCall = Field(
        description="Routes one domain back: to `change.before`, from `change.after`."
    )
    verify: WebhookCall | None = Field(
        None, description="Asked after the switch, per domain; a 2xx answer says it took effect."
    )
    drain: WebhookCall | None = Field(
        None, description="Tells the standby to hand over what it took; repeated until it has."
    )
    drained: WebhookCount | None = Field(
        None, description="Counts what the standby took and what has reached the primary."
    )


class ManualProvider(ProviderSettings):
    """A provider that is a person: the bot says what to do, waits, and proves the result."""

    kind: Literal["manual"] = Field(description="`manual`: a person makes the switch.")
    apply: tuple[str, ...] = Field(
        description="What to do to route `{domain}` to the standby, one sentence each.",
        min_length=1,
    )
    revert: tuple[str, ...] = Field(
        description="What to do to route `{domain}` back to the primary, one sentence each.",
        min_length=1,
    )


AnyProvider = Annotated[WebhookProvider | ManualProvider, Field(discriminator="kind")]


class Prove(Section):
    """When a side counts as proved: canaries, in both directions."""

    timeout: Duration = Field(
        _seconds(60), description="How long a canary may take before it counts as lost."
    )
    canaries: int = Field(
        1, ge=1, le=10, description="How many canaries in each direction one proof sends."
    )
    attempts: int = Field(
        3, ge=1, description="How many proofs may fail before the switch is taken back."
    )
    every: Duration = Field(_seconds(10), description="The pause between two proofs.")


class FailBack(Section):
    """When mail returns to the primary, and how closely that is watched."""

    clean_round_trips: int = Field(
        5, ge=1, description="Canaries the primary must return in a row before mail goes back."
    )
    every: Duration = Field(
        _seconds(30), description="How often the primary is tried while mail is at the standby."
    )
    auto_propose: bool = Field(
        True, description="Propose to fail back, once, as soon as the primary is clean."
    )
    ask_again: Duration = Field(
        _seconds(900),
        description="How much longer an event lasts when its end comes and it cannot fail back.",
    )
    drain_poll: Duration = Field(
        _seconds(15), description="How often the standby is asked what it still holds."
    )


class ContinuitySettings(Section):
    """Switching mail to a standby and back."""

    providers: tuple[AnyProvider, ...] = Field(
        (), description="What can switch the mail; without any, `invoke` is refused."
    )
    default_provider: str = Field(
        "", description="The provider of an `invoke` that names none; the first one by default."
    )
    default_duration: Duration = Field(
        _seconds(4 * 3600), description="How long an event lasts unless `--for` says otherwise."
    )
    max_duration: Duration = Field(
        _seconds(7 * 86400), description="How far ahead the end of an event may lie."
    )
    remind_before: tuple[Duration, ...] = Field(
        (_seconds(3600), _seconds(900)), description="Reminders before the end of an event."
    )
    approval_expires: Duration = Field(
        _seconds(1800), description="How long an invoke or fail back waits for its approval."
    )
    apply_timeout: Duration = Field(
        _seconds(120), description="How long a provider may take for one switch of all domains."
    )
    prove: Prove = Field(Prove(), description="When a side counts as proved.")
    fail_back: FailBack = Field(FailBack(), description="When mail returns to the primary.")

    @model_validator(mode="after")
    def _names_fit(self) -> ContinuitySettings:
        names = [provider.name for provider in self.providers]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two providers have the name {doubled[0]!r}; rename one")
        if self.default_provider and self.default_provider not in names:
            known = ", ".join(names) or "none"
            raise ValueError(
                f"default_provider names {self.default_provider!r}, which is not a provider "
                f"(there are: {known})"
            )
        if self.default_duration > self.max_duration:
            raise ValueError("default_duration is longer than max_duration")
        return self
