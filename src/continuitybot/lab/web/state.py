"""What the panel shows, as one JSON document."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from email.header import decode_header, make_header
from itertools import islice
from typing import Any

from continuitybot.lab.carrier.api import CarrierApi
from continuitybot.lab.carrier.messages import Status
from continuitybot.lab.carrier.phones import Phone, Phones
from continuitybot.lab.company import COMPANY, DOMAIN
from continuitybot.lab.mail.letter import Letter, headers_of
from continuitybot.lab.mail.site import MailSite
from continuitybot.lab.mail.sites import MailSites

_NEWEST = 4


@dataclass(frozen=True)
class Scene:
    """Everything there is to see."""

    mail: MailSites
    carrier: CarrierApi
    phones: Phones

    def document(self) -> dict[str, Any]:
        balance = self.mail.books.balance()
        return {
            "company": COMPANY,
            "domain": DOMAIN,
            "route": self.mail.gateway.routes.route(DOMAIN).next_hop,
            "sites": self._sites(),
            "books": asdict(balance) | {"balanced": balance.balanced},
            "carrier": self._carrier(),
            "phones": [_phone(phone) for phone in self.phones],
            "private_mail": [_letter(letter) for letter in self._newest_private()],
        }

    def _sites(self) -> dict[str, Any]:
        return {
            "outside": {
                "sent": len(self.mail.outside.sent),
                "received": self.mail.outside.received,
                "waiting": len(self.mail.outside.queue),
            },
            "gateway": {
                "accepted": len(self.mail.gateway.accepted),
                "waiting": len(self.mail.gateway.queue),
            },
            "primary": _site(self.mail.primary),
            "standby": _site(self.mail.standby),
        }

    def _carrier(self) -> dict[str, Any]:
        statuses = [message.status for message in self.carrier.messages.values()]
        return {"fault": self.carrier.fault} | {
            str(status): statuses.count(status) for status in Status
        }

    def _newest_private(self) -> list[Letter]:
        letters = sorted(self.mail.relay.mailboxes.letters(), key=lambda letter: letter.arrived)
        return list(islice(reversed(letters), _NEWEST))


def _site(site: MailSite) -> dict[str, Any]:
    return {
        "mode": site.mode,
        "taken": site.taken,
        "duplicates": site.mailboxes.duplicates,
        "lost": len(site.lost),
        "outbound_waiting": len(site.outbound),
    }


def _phone(phone: Phone) -> dict[str, Any]:
    number = phone.owner.phone
    return {
        "id": phone.owner.handle,
        "name": phone.owner.name,
        "number": f"{number[:3]}…{number[-2:]}",
        "admin": "admin" in phone.owner.roles,
        "switched_off": phone.owner.switched_off,
        "opted_out": phone.opted_out,
        "unseen": max(0, len(phone.thread) - _NEWEST),
        "thread": [
            {"at": sms.at.isoformat(timespec="seconds"), "text": sms.text, "mine": sms.mine}
            for sms in phone.thread[-_NEWEST:]
        ],
    }


def _letter(letter: Letter) -> dict[str, str]:
    subject = str(headers_of(letter.raw)["Subject"] or "(no subject)")
    return {
        "to": letter.recipient,
        "subject": str(make_header(decode_header(subject))),
        "at": letter.arrived.isoformat(timespec="seconds"),
    }
