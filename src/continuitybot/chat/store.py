"""Where each card stands on each platform."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Integer, Row, Select, String, Table, delete, select, update

from continuitybot.store import Json, Transaction, UtcTime, metadata

posted_cards = Table(
    "posted_cards",
    metadata,
    Column("ref", String(60), primary_key=True),
    Column("platform", String(20), primary_key=True),
    Column("channel", String(120), nullable=False),
    Column("message_id", String(120), nullable=False),
    Column("digest", String(64), nullable=False),
    # How often the card was called out of date; a refresh notes which of these it has shown.
    Column("wanted", Integer, nullable=False),
    # True while a refresh waits or is under way: another one begins when it has ended.
    Column("pending", Boolean, nullable=False),
    Column("next_edit", UtcTime, nullable=False),
    # How many milestones were said below the card, the texts that wait (the first of them is
    # being said), and the earliest time of the next.
    Column("said", Integer, nullable=False),
    Column("to_say", Json, nullable=False),
    Column("next_say", UtcTime, nullable=False),
)

said_keys = Table("said_keys", metadata, Column("key", String(200), primary_key=True))


async def first_time(tx: Transaction, key: str) -> bool:
    """True once for each key: whoever asks again has been heard already."""
    added = await tx.execute(tx.insert_once(said_keys, key=key))
    return bool(added.rowcount)


async def forget(tx: Transaction, key: str) -> None:
    """The next time of a key is a first time again."""
    await tx.execute(delete(said_keys).where(said_keys.c.key == key))


async def card_row(tx: Transaction, ref: str, platform: str, channel: str) -> Row[Any]:
    """The row of a card, made when it is not there, and locked until the transaction ends."""
    await tx.execute(
        tx.insert_once(
            posted_cards,
            ref=ref,
            platform=platform,
            channel=channel,
            message_id="",
            digest="",
            wanted=0,
            pending=False,
            next_edit=tx.now,
            said=0,
            to_say=[],
            next_say=tx.now,
        )
    )
    return (await tx.rows(_select(ref, platform).with_for_update()))[0]


async def known_card(tx: Transaction, ref: str, platform: str) -> Row[Any]:
    """The row of a card that has been called out of date, or spoken about, before."""
    return (await tx.rows(_select(ref, platform)))[0]


async def set_card(tx: Transaction, ref: str, platform: str, **values: Any) -> None:
    """Change columns of a card's row."""
    await tx.execute(
        update(posted_cards)
        .where(posted_cards.c.ref == ref, posted_cards.c.platform == platform)
        .values(**values)
    )


def _select(ref: str, platform: str) -> Select[Any]:
    return select(posted_cards).where(
        posted_cards.c.ref == ref, posted_cards.c.platform == platform
    )
