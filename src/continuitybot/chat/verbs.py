"""Every verb of the grammar, as data: what it is called, what it takes, which authority it needs.

`act` names the authority (`people.authority.ACTS`); "" needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "text", "ref", "check", "duration", "time", "choice", "inputs", "flag"]

NOUNS = {
    "INC": "an incident",
    "RUN": "a run",
    "EVT": "an event",
    "SMS": "a broadcast",
    "DRILL": "a drill",
}


@dataclass(frozen=True)
class Argument:
    """One thing a verb takes: positional in this order, or an option such as `--for`.

    A last positional `text` takes the rest of the line; `many` options may be repeated; a `check`
    is the name of a check or the reference of an incident; `usual` is the prefix that a bare
    number has where several could be meant.
    """

    name: str
    kind: Kind = "word"
    required: bool = True
    option: str = ""
    many: bool = False
    refs: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    hint: str = ""
    usual: str = ""

    @property
    def usage(self) -> str:
        """As it stands in a usage line: `REF`, `[--for DURATION]`, `["text"]`."""
        shown = self.placeholder
        if self.option:
            shown = self.option if self.kind == "flag" else f"{self.option} {shown}"
        shown = shown if self.required else f"[{shown}]"
        return f"{shown}…" if self.many or self.kind == "inputs" else shown

    @property
    def placeholder(self) -> str:
        """What stands for its value in a usage line."""
        match self.kind:
            case "text":
                return f'"{self.name}"'
            case "inputs":
                return "key=value"
            case "choice":
                return "|".join(self.choices)
            case "duration" | "time":
                return self.kind.upper()
            case _:
                return self.name.upper()


@dataclass(frozen=True)
class Verb:
    """One thing that can be said to the bot."""

    name: str
    summary: str
    act: str = "view"
    arguments: tuple[Argument, ...] = ()

    @property
    def usage(self) -> str:
        """The whole line: `extend REF DURATION`."""
        return " ".join([self.name, *(argument.usage for argument in self.arguments)])

    @property
    def positional(self) -> tuple[Argument, ...]:
        """What is given by its place in the line."""
        return tuple(a for a in self.arguments if not a.option and a.kind != "inputs")


def _ref(*prefixes: str, required: bool = True) -> Argument:
    examples = " or ".join(f"{prefix}-7" for prefix in prefixes)
    return Argument("ref", "ref", required, refs=prefixes, hint=examples)


def _text(name: str, required: bool = True) -> Argument:
    return Argument(name, "text", required)


def _option(name: str, kind: Kind = "word", many: bool = False, hint: str = "") -> Argument:
    return Argument(name, kind, required=False, option=f"--{name}", many=many, hint=hint)


_INCIDENT = Argument(
    "incident", "ref", required=False, option="--incident", refs=("INC",), hint="INC-7"
)
_CHECK = Argument("check", "check", hint="a check, or INC-7 for all pages of an incident")
_DURATION = Argument("for", "duration", hint="such as 30m, 2h or 1d")
_PLAN = _option("plan", hint="set by buttons: the plan that was shown")
_MODE = Argument(
    "mode", "choice", required=False, option="--mode", choices=("tabletop", "pilot", "full")
)
_RUN = ("RUN", "DRILL")
_NOTED = Argument("ref", "ref", refs=("INC", *_RUN), usual="INC", hint="INC-7 or RUN-7")
_SUBJECT = ("EVT", "SMS", "RUN", "DRILL")

_STEP_VERBS = tuple(
    Verb(f"step {act}", summary, "respond", (_ref(*_RUN), Argument("step"), _text("text", False)))
    for act, summary in (
        ("done", "A step has been done by hand"),
        ("skip", "Go on without a step"),
        ("fail", "A step has failed"),
        ("retry", "Begin again from a step"),
    )
)
_ITEM_VERBS = tuple(
    Verb(f"item {act}", text, "respond", (_ref(*_RUN), Argument("item"), _text("evidence", False)))
    for act, text in (
        ("done", "Tick an item of a checklist, with evidence"),
        ("na", "An item of a checklist does not apply"),
    )
)

_ALL = (
    Verb("help", "What can be said", "", (_text("verb", False),)),
    Verb("whoami", "Who the bot takes you for, and what you may do", ""),
    Verb("mine", "What waits for you, and how to answer; the runs you lead"),
    Verb("status", "How mail flows now"),
    Verb("doctor", "Try the database, the work and every canary route"),
    Verb("oncall", "Who is on call"),
    Verb("people", "Everybody in the directory, and what they may do"),
    Verb("audiences", "Who can be sent a broadcast, and how many they are"),
    Verb("incidents", "Open incidents"),
    Verb("incident", "One incident", "view", (_ref("INC"),)),
    Verb(
        "declare",
        "Open an incident that no check has seen, and page whoever is on call",
        "respond",
        (
            _text("title"),
            Argument(
                "severity",
                "choice",
                required=False,
                option="--severity",
                choices=("sev1", "sev2", "sev3"),
            ),
        ),
    ),
    Verb("ack", "You have seen it and are on it: paging stops", "respond", (_ref("INC"),)),
    Verb("note", "Add to the timeline", "respond", (_NOTED, _text("text"))),
    Verb("update", "Tell everybody how it stands", "respond", (_ref("INC"), _text("text"))),
    Verb("mute", "No pages from a check for a time", "respond", (_CHECK, _DURATION)),
    Verb("unmute", "Pages from a check again", "respond", (_CHECK,)),
    Verb("close", "The incident is over", "respond", (_ref("INC"),)),
    Verb(
        "invoke",
        "Plan the switch to the standby, for somebody else to approve",
        "invoke",
        (
            _option("domain", many=True, hint="every protected domain when left out"),
            _option("provider"),
            _option("for", "duration", hint="such as 4h"),
            _option("at", "time", hint="such as 22:30 or 2026-03-14 22:30"),
            _option("reason", "text"),
            _INCIDENT,
        ),
    ),
    Verb("extend", "Let an event last longer", "invoke", (_ref("EVT"), _DURATION)),
    Verb("failback", "Plan the way back to the primary", "invoke", (_ref("EVT"),)),
    Verb("confirm", "What the bot asked to be done by hand is done", "invoke", (_ref("EVT"),)),
    Verb("events", "Continuity events, the newest first"),
    Verb("show", "Whatever a reference names", "view", (_ref(*NOUNS),)),
    Verb("runbooks", "What can be run"),
    Verb(
        "run",
        "Start a runbook",
        "respond",
        (
            Argument("name"),
            Argument("inputs", "inputs", required=False),
            _INCIDENT,
            Argument(
                "mode",
                "choice",
                required=False,
                option="--mode",
                choices=("live", "tabletop", "pilot", "full"),
            ),
            _option("dry-run", "flag", hint="only show what each step would do"),
            _option("answer", many=True, hint="of a dry run: decide=wait"),
        ),
    ),
    Verb("runs", "Runs, the newest first"),
    Verb("diff", "How a runbook has changed since a run of it started", "view", (_ref(*_RUN),)),
    *_STEP_VERBS,
    Verb(
        "answer",
        "Answer the question of a step",
        "respond",
        (_ref(*_RUN), Argument("step"), _text("choice")),
    ),
    Verb("pause", "Hold a run after its present step", "respond", (_ref(*_RUN),)),
    Verb("resume", "Let a held run go on", "respond", (_ref(*_RUN),)),
    Verb("cancel", "End a run where it stands", "respond", (_ref(*_RUN),)),
    Verb(
        "approve",
        "Agree to what somebody else has planned",
        "approve",
        (_ref(*_SUBJECT), Argument("code", required=False), _PLAN),
    ),
    Verb(
        "reject",
        "Refuse what somebody has planned",
        "approve",
        (_ref(*_SUBJECT), _text("why", False), _PLAN),
    ),
    Verb(
        "checklist",
        "Start a checklist, or list those under way",
        "respond",
        (Argument("name", required=False),),
    ),
    *_ITEM_VERBS,
    Verb("readiness", "What would go wrong today"),
    Verb("drill list", "Drills: the next, and how the last ones went"),
    Verb("drill start", "Practise now", "drill", (Argument("name"), _MODE)),
    Verb("drill report", "What a drill has shown", "view", (_ref("DRILL"),)),
    Verb(
        "broadcast",
        "Plan a text message to many, for somebody else to approve",
        "broadcast",
        (
            Argument("audience", hint="such as all, site:Vienna, group:it"),
            _text("text", False),
            _option("template"),
            _option("preview", "flag", hint="only show how it would be"),
            _option("test", "flag", hint="send it to yourself only"),
            _INCIDENT,
        ),
    ),
    Verb("broadcasts", "Broadcasts, the newest first"),
    Verb("stop", "Cancel what a broadcast has not sent yet", "stop", (_ref("SMS"),)),
    Verb("audit", "Who did what", "view", (_ref(*NOUNS, required=False),)),
    Verb(
        "report", "Times, decisions and deliveries, for the record", "view", (_ref("INC", "DRILL"),)
    ),
)

VERBS: dict[str, Verb] = {verb.name: verb for verb in _ALL}

# What else a verb is called: DONE is what fits a text message, and works everywhere.
ALIASES = {"tasks": "mine", "done": "item done", "na": "item na"}
