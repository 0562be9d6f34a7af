"""A simulated company on loopback: what the bot watches, switches and texts in a demo or a test.

It is an outside world: the bot knows its addresses and nothing else of it.
"""

from continuitybot.lab.addresses import Addresses, BotDoors, Door, Ports, SitePorts
from continuitybot.lab.lab import Lab
from continuitybot.lab.paces import Paces

__all__ = ["Addresses", "BotDoors", "Door", "Lab", "Paces", "Ports", "SitePorts"]
