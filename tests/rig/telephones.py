"""The employees' phones, read as their owners would: each text once."""

from __future__ import annotations

import httpx

from continuitybot.lab import Lab
from continuitybot.lab.carrier.phones import Phone
from continuitybot.lab.company import EMPLOYEES


class Telephone:
    """One phone; `unread` is what came since its owner last looked."""

    def __init__(self, handle: str, phone: Phone, lab: httpx.AsyncClient) -> None:
        self._handle = handle
        self._phone = phone
        self._lab = lab
        self._seen = 0

    @property
    def received(self) -> list[str]:
        """Every text that ever came."""
        return [sms.text for sms in self._phone.thread if not sms.mine]

    @property
    def unread(self) -> list[str]:
        """The texts nobody has looked at."""
        return self.received[self._seen :]

    def expects(self, words: str) -> str:
        """The first unread text with these words in it; it and those before it are read now."""
        for number, text in enumerate(self.unread, self._seen):
            if words in text:
                self._seen = number + 1
                return text
        raise AssertionError(f"{self._handle} has no new text with {words!r}: {self.unread}")

    def expect_nothing(self) -> None:
        """Nothing unread."""
        assert not self.unread, f"{self._handle} got {self.unread}"

    async def writes(self, text: str) -> None:
        """Its owner texts the company's number."""
        answer = await self._lab.post(f"/lab/phones/{self._handle}/reply", json={"text": text})
        answer.raise_for_status()


class Telephones:
    """Every phone of the company."""

    def __init__(self, lab: Lab) -> None:
        self._http = httpx.AsyncClient(base_url=lab.addresses.http_url, verify=False)
        self._phones = {
            phone.owner.handle: Telephone(phone.owner.handle, phone, self._http)
            for phone in lab.phones
        }

    async def close(self) -> None:
        await self._http.aclose()

    def of(self, handle: str) -> Telephone:
        """The phone of one employee."""
        return self._phones[handle]

    @property
    def staff(self) -> list[Telephone]:
        """The phones that are switched on, of those who have no part in incidents."""
        handles = [one.handle for one in EMPLOYEES if not one.roles and not one.switched_off]
        return [self._phones[handle] for handle in handles if handle in self._phones]

    def expect_nothing(self) -> None:
        """Not one employee has been texted. Those who are paged do not count."""
        for phone in self.staff:
            phone.expect_nothing()
