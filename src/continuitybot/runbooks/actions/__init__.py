"""What a step can do: one file for each action, and the table of them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from continuitybot.runbooks.action import Action
from continuitybot.runbooks.actions.approve import Approve
from continuitybot.runbooks.actions.ask import Ask
from continuitybot.runbooks.actions.broadcast import Broadcast
from continuitybot.runbooks.actions.canary import Canary
from continuitybot.runbooks.actions.check import Check
from continuitybot.runbooks.actions.do import Do
from continuitybot.runbooks.actions.extend import Extend
from continuitybot.runbooks.actions.fail_back import FailBack
from continuitybot.runbooks.actions.http import Http
from continuitybot.runbooks.actions.invoke import Invoke
from continuitybot.runbooks.actions.page import Page
from continuitybot.runbooks.actions.report import Report
from continuitybot.runbooks.actions.run import NestedRun
from continuitybot.runbooks.actions.say import Say
from continuitybot.runbooks.actions.wait import Wait

ACTIONS: Mapping[str, Action[Any]] = {
    "check": Check(),
    "canary": Canary(),
    "page": Page(),
    "say": Say(),
    "ask": Ask(),
    "do": Do(),
    "approve": Approve(),
    "invoke": Invoke(),
    "extend": Extend(),
    "fail_back": FailBack(),
    "broadcast": Broadcast(),
    "http": Http(),
    "wait": Wait(),
    "run": NestedRun(),
    "report": Report(),
}
