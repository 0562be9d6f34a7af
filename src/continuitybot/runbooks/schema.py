"""The language of runbooks: what a file may say. `editors.py` has its JSON Schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.actions.approve import ApproveBody
from continuitybot.runbooks.actions.ask import AskBody
from continuitybot.runbooks.actions.broadcast import BroadcastBody
from continuitybot.runbooks.actions.canary import CanaryBody
from continuitybot.runbooks.actions.check import CheckBody
from continuitybot.runbooks.actions.do import DoBody
from continuitybot.runbooks.actions.extend import ExtendBody
from continuitybot.runbooks.actions.fail_back import FailBackBody
from continuitybot.runbooks.actions.http import HttpBody
from continuitybot.runbooks.actions.invoke import InvokeBody
from continuitybot.runbooks.actions.page import PageBody
from continuitybot.runbooks.actions.report import ReportBody
from continuitybot.runbooks.actions.run import RunBody
from continuitybot.runbooks.actions.say import SayBody
from continuitybot.runbooks.actions.wait import WaitBody
from continuitybot.runbooks.definition import PARALLEL, InputDefinition
from continuitybot.runbooks.inputs import read_value
from continuitybot.settings.values import Duration, Form, Section
from continuitybot.sourcefile import wrong
from continuitybot.store import cron

StepId = Annotated[
    str, Form(r"[a-z][a-z0-9_]{0,39}", "small letters, digits and `_`, such as ask_the_provider")
]
Name = Annotated[
    str, Form(r"[a-z][a-z0-9-]{0,59}", "small letters, digits and `-`, such as live-incident")
]


def _cron(text: str) -> str:
    if text:
        try:
            cron(text)
        except ValueError as error:
            raise wrong(f"is no time that could come: {error}", "Such as 0 9 * * tue.") from error
    return text


def _some_time(value: timedelta) -> timedelta:
    if not value:
        raise wrong("must be more than nothing", "Leave it out if there is no limit.")
    return value


def _text_or_number(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        raise wrong("must be text or a number", "Put quotes around it.")
    return value


def _without_twins(choices: list[str]) -> list[str]:
    if len(set(choices)) < len(choices):
        raise wrong("names a choice twice", "Keep one.")
    return choices


def _no_jump(word: str) -> str:
    if word.startswith("goto"):
        raise wrong("must be `stop`, `continue`, `ask` or a goto", "Write {goto: id}.")
    return word


Cron = Annotated[
    str,
    AfterValidator(_cron),
    Field(json_schema_extra={"pattern": r"^(\S+(\s+\S+){4})?$", "examples": ["0 9 * * tue"]}),
]


class InputSource(Section):
    """One input of a runbook."""

    type: Literal["text", "number", "duration", "choice", "domain"] = Field(
        "text", description="What it is; values are checked against it when a run starts."
    )
    title: str = Field("", description="What a form says beside it.")
    required: bool = Field(False, description="Whether a run cannot start without it.")
    default: Annotated[str | int | float | None, BeforeValidator(_text_or_number)] = Field(
        None, description="What it is when nobody says."
    )
    choices: Annotated[list[str], AfterValidator(_without_twins)] = Field(
        [], description="For `type: choice`: what can be chosen."
    )

    @model_validator(mode="after")
    def _fits_its_type(self) -> InputSource:
        if bool(self.choices) != (self.type == "choice"):
            raise ValueError("`choices` belongs to `type: choice`, and only there")
        if self.default is not None:
            try:
                read_value(self.definition(""), self.default)
            except ValueError as error:
                raise ValueError(f"the default {self.default!r}: {error}") from error
        return self

    def definition(self, name: str) -> InputDefinition:
        """As the engine has it."""
        return InputDefinition(
            name, self.type, self.title, self.required, self.default, tuple(self.choices)
        )


class AlertSource(Section):
    """An alert that starts the runbook: of one check, or of a direction."""

    check: str = Field("", description="The name of a check; or give a direction.")
    direction: Literal["", "inbound", "outbound"] = Field(
        "", description="Any check of this direction; or give a check."
    )

    @model_validator(mode="after")
    def _names_one(self) -> AlertSource:
        if bool(self.check) == bool(self.direction):
            raise ValueError("name either a check or a direction")
        return self


class TriggerSource(Section):
    """What starts the runbook by itself."""

    alert: AlertSource | None = Field(None, description="An alert, once for each incident.")
    cron: Cron = Field(
        "",
        description="Five fields: minute, hour, day, month, weekday, in the zone of the "
        "organisation.",
    )


class RetrySource(Section):
    """How often a step is tried."""

    times: int = Field(ge=2, le=100, description="Tries in all, the first included.")
    every: Duration = Field(timedelta(0), description="The pause between two tries.")


class GotoSource(Section):
    """Where to go on after a failure: forward, in the same list of steps."""

    goto: StepId = Field(description="The id of a later step in the same list.")


class ParallelSource(Section):
    """Lists of steps that run side by side; the step is done when all of them are."""

    branches: list[Annotated[list[StepSource], Field(min_length=1)]] = Field(
        min_length=2, description="Two or more lists of steps."
    )


class StepSource(Section):
    """One step: exactly one action, and the rules around it."""

    id: StepId = Field(description="What people, templates and goto call it.")
    title: str = Field(description="What cards and reports call it.")
    when: str = Field(
        "",
        description="An expression; the step is skipped when it is false.",
        examples=["steps.decide.choice == 'invoke'"],
    )
    owner: str = Field("", description="Whose it is: a handle or an audience.")
    timeout: Annotated[Duration, AfterValidator(_some_time)] | None = Field(
        None, description="How long a try may take before it fails."
    )
    retry: RetrySource | None = Field(None, description="How often it is tried when it fails.")
    on_failure: Annotated[
        Annotated[Literal["stop", "continue", "ask"], BeforeValidator(_no_jump), Tag("word")]
        | Annotated[GotoSource, Tag("jump")],
        Discriminator(lambda value: "word" if isinstance(value, str) else "jump"),
    ] = Field(
        "stop",
        description="What a failure means: the run stops, it goes on, a person is "
        "asked, or `goto: id`.",
    )
    objective: str = Field("", description="The objective that is met when this step is done.")

    check: CheckBody | None = Field(None, description="Observe checks now.")
    canary: CanaryBody | None = Field(None, description="Send a mail along a route and find it.")
    page: PageBody | None = Field(None, description="Wake people.")
    say: SayBody | None = Field(None, description="Tell those who follow the run.")
    ask: AskBody | None = Field(None, description="Put a question and wait for its answer.")
    do: DoBody | None = Field(None, description="Something a person does and ticks off.")
    approve: ApproveBody | None = Field(
        None, description="A second person agrees before the run goes on."
    )
    invoke: InvokeBody | None = Field(None, description="Switch the mail to the standby.")
    extend: ExtendBody | None = Field(None, description="Give a continuity event more time.")
    fail_back: FailBackBody | None = Field(None, description="Bring the mail back to the primary.")
    broadcast: BroadcastBody | None = Field(None, description="Text many people.")
    http: HttpBody | None = Field(None, description="Call another system.")
    wait: WaitBody | None = Field(
        None, description="Wait: for a while, for health, a reply or an event."
    )
    parallel: ParallelSource | None = Field(None, description="Run lists of steps side by side.")
    run: RunBody | None = Field(None, description="Run another runbook.")
    report: ReportBody | None = Field(None, description="Write the report.")

    @model_validator(mode="after")
    def _has_one_action(self) -> StepSource:
        if len(actions := self._actions()) != 1:
            found = " and ".join(actions) or "none"
            raise ValueError(
                f"a step has exactly one action, this one has {found}; "
                f"the actions are: {', '.join(ACTION_NAMES)}"
            )
        return self

    @property
    def action(self) -> str:
        """The name of its action."""
        return self._actions()[0]

    def _actions(self) -> list[str]:
        return [name for name in ACTION_NAMES if name in self.model_fields_set]


class RunbookSource(Section):
    """A runbook file."""

    name: Name = Field(description="What people type after `run`.")
    title: str = Field(description="What cards and reports call it.")
    kind: Literal["checklist", "drill", "incident"] = Field(
        description="Before, in practice, or live. A drill never runs live."
    )
    inputs: dict[StepId, InputSource] = Field({}, description="What it is started with.")
    on: TriggerSource = Field(TriggerSource(), description="What starts it by itself.")
    objectives: dict[StepId, Duration] = Field({}, description="Name -> time from the start.")
    steps: list[StepSource] = Field(min_length=1, description="The steps, in order.")


ACTION_NAMES = (*ACTIONS, PARALLEL)
STEP_RULES = tuple(name for name in StepSource.model_fields if name not in ACTION_NAMES)
