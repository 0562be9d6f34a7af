"""Was anything lost or doubled? Read from the mailboxes and the phones, not from counters."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from continuitybot.lab.company import EMPLOYEES
from continuitybot.lab.lab import Lab

_SETTLE_TRIES = 100


@dataclass(frozen=True)
class Verdict:
    """The accounts in words, and every message or text that they cannot account for."""

    lines: tuple[str, ...]
    faults: tuple[str, ...]


async def verdict_of(lab: Lab) -> Verdict:
    """Let what is on its way arrive, then look into every mailbox and every phone."""
    lab.mail.outside.messages_per_second = 0  # nobody writes any more
    for _ in range(_SETTLE_TRIES):
        if lab.is_quiet and lab.mail.books.balance().outstanding == 0:
            break
        await asyncio.sleep(0.1)
    mail, texts = _mail(lab), _texts(lab)
    return Verdict(mail.lines + texts.lines, mail.faults + texts.faults)


def _mail(lab: Lab) -> Verdict:
    balance, audit = lab.mail.books.balance(), lab.mail.books.audit()
    line = (
        f"mail: {balance.sent} sent, {balance.in_primary} in the primary's mailboxes; the standby "
        f"took {balance.taken}, {balance.copied_back} were copied back, {balance.lost} lost"
    )
    faults = []
    if audit.missing_count:
        faults.append(f"{audit.missing_count} messages are missing, such as {audit.missing[0]}")
    if audit.duplicated_count:
        faults.append(f"{audit.duplicated_count} messages are there twice")
    if balance.outstanding:
        faults.append(f"{balance.outstanding} messages are still on their way")
    if not balance.balanced:
        faults.append("the books do not balance")
    return Verdict((line,), tuple(faults))


def _texts(lab: Lab) -> Verdict:
    """Employees get broadcasts only, so each text must be on each of their phones just once."""
    staff = [one for one in EMPLOYEES if one.phone and not one.roles and not one.switched_off]
    received = {one.handle: _received(lab, one.handle) for one in staff}
    wanted = {text for texts in received.values() for text in texts}
    faults = []
    for handle, texts in received.items():
        faults += [f"{handle} has a text {count} times" for count in texts.values() if count > 1]
        faults += [f"{handle} lacks a text" for text in wanted if text not in texts]
    if not wanted:
        faults.append("nobody got a text")
    total = sum(sum(texts.values()) for texts in received.values())
    line = f"texts: {len(wanted)} broadcasts, {total} texts on {len(staff)} employees' phones"
    return Verdict((line,), tuple(faults))


def _received(lab: Lab, handle: str) -> Counter[str]:
    phone = lab.phones.of(handle)
    return Counter(sms.text for sms in phone.thread if not sms.mine) if phone else Counter()
