"""What runbooks act on: the rooms, each behind the port that runbooks ask for."""

from continuitybot.app.ports.rooms import room_ports

__all__ = ["room_ports"]
