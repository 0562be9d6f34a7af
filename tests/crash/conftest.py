"""Each test has a company of its own."""

from rig.company import company

__all__ = ["company"]
