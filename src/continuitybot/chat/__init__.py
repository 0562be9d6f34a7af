"""The conversation: one grammar, one kind of card, a folder for each platform."""
