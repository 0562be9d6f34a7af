"""continuitybot: the bot that keeps an organisation talking when its e-mail breaks."""

__version__ = "0.1.0"
