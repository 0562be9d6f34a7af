"""Which function answers which verb of the grammar."""

from __future__ import annotations

from collections.abc import Mapping

from continuitybot.chat.commands import deciding, responding, running, seeing, switching, telling
from continuitybot.chat.commands.desk import Perform

PERFORM: Mapping[str, Perform] = {
    "help": seeing.help_,
    "whoami": seeing.whoami,
    "status": seeing.status,
    "doctor": seeing.doctor,
    "oncall": seeing.oncall,
    "people": seeing.people,
    "audiences": seeing.audiences,
    "incidents": seeing.incidents,
    "incident": seeing.one_object,
    "declare": responding.declare,
    "ack": responding.ack,
    "note": responding.note,
    "update": responding.update,
    "mute": responding.mute,
    "unmute": responding.unmute,
    "close": responding.close,
    "invoke": switching.invoke,
    "extend": switching.extend,
    "failback": switching.failback,
    "confirm": switching.confirm,
    "events": seeing.events,
    "show": seeing.one_object,
    "runbooks": seeing.runbooks,
    "run": running.run,
    "runs": seeing.runs,
    "diff": seeing.diff,
    "answer": running.answer,
    "step done": running.step("done"),
    "step skip": running.step("skip"),
    "step fail": running.step("fail"),
    "step retry": running.step("retry"),
    "pause": running.pause,
    "resume": running.resume,
    "cancel": running.cancel,
    "approve": deciding.approve,
    "reject": deciding.reject,
    "checklist": running.checklist,
    "item done": running.item_done,
    "item na": running.item_na,
    "readiness": seeing.readiness,
    "drill list": running.drill_list,
    "drill start": running.drill_start,
    "drill report": seeing.drill_report,
    "broadcast": telling.broadcast,
    "broadcasts": seeing.broadcasts,
    "stop": telling.stop,
    "audit": seeing.audit,
    "report": seeing.report,
}
