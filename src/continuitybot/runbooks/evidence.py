"""Files that people gave as evidence: each content once, under its SHA-256."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from sqlalchemy import Column, Integer, LargeBinary, String, Table, select

from continuitybot.errors import NotFound, Refused
from continuitybot.store import Transaction, UtcTime, metadata

LARGEST = 5_000_000
"""Bytes: a photograph or a page of a log, and no film."""

run_evidence = Table(
    "run_evidence",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

_UNSAFE = re.compile(r"[^\w.\- ]+")


@dataclass(frozen=True)
class EvidenceFile:
    """A file that shows something, with its name as it was given."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest that it is kept under."""
        return hashlib.sha256(self.content).hexdigest()


def read_file(name: str, content: bytes) -> EvidenceFile:
    """A file that can be kept. Raises Refused."""
    if not content:
        raise Refused("The file is empty.", remedy="Choose the file again.")
    if len(content) > LARGEST:
        raise Refused(
            f"{name[:80]} has {len(content) / 1e6:.1f} MB; {LARGEST / 1e6:.0f} MB are the most.",
            remedy="Make it smaller, or give a link to it instead.",
        )
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")[-80:]
    return EvidenceFile(plain or "file", content)


async def keep(tx: Transaction, file: EvidenceFile) -> None:
    """Store a content, unless it is there."""
    await tx.execute(
        tx.insert_once(
            run_evidence,
            sha256=file.sha256,
            size=len(file.content),
            created=tx.now,
            content=file.content,
        )
    )


async def content(tx: Transaction, sha256: str) -> bytes:
    """The content of that digest. Raises NotFound."""
    row = await tx.row(select(run_evidence.c.content).where(run_evidence.c.sha256 == sha256))
    if row is None:
        raise NotFound("There is no such file.")
    return bytes(row.content)
