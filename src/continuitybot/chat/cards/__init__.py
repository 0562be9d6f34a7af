"""The rooms' objects as cards: one file a kind of object, pure functions of its values."""
