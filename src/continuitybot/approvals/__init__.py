"""Consent by a second person, bound to one exact plan."""

from continuitybot.approvals.approvals import Approvals
from continuitybot.approvals.model import Approval, Decision, State, plan_digest

__all__ = ["Approval", "Approvals", "Decision", "State", "plan_digest"]
