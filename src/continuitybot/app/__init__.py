"""The composition root: settings in, a wired bot out. The only place where objects are wired."""

from continuitybot.app.bot import Bot, build

__all__ = ["Bot", "build"]
