"""The browser console as a chat platform: its messages are rows."""

from continuitybot.chat.console.platform import ConsoleMessage, ConsolePlatform

__all__ = ["ConsoleMessage", "ConsolePlatform"]
