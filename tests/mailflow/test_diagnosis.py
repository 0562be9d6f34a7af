"""The sentence that an admin reads at three in the morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from continuitybot.mailflow.diagnosis import Diagnosis, diagnose
from continuitybot.mailflow.model import CheckView, Health, Hop, Observation, State
from continuitybot.mailflow.shapes import Side

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
SINCE = datetime(2026, 3, 10, 9, 12, tzinfo=UTC)


def view(
    title: str,
    hop: Hop | None = None,
    code: str = "",
    *,
    failing: bool = True,
    direction: str = "inbound",
    control: bool = False,
    state: State = State.FAILED,
    since: datetime = SINCE,
) -> CheckView:
    worst = Observation(NOW, title, state, 1.0, hop, code, "Detail.") if failing else None
    health = Health.FAILING if failing else Health.HEALTHY
    return CheckView(
        title.lower(), title, "smtp", direction, control, health, since=since, worst=worst
    )


def good(title: str, **more: object) -> CheckView:
    return view(title, failing=False, **more)  # type: ignore[arg-type]


def said(*views: CheckView, about: str = "") -> Diagnosis:
    diagnosis = diagnose(views, NOW, UTC, about)
    assert diagnosis is not None
    return diagnosis


def test_the_whole_sentence_names_hop_code_time_other_way_and_side() -> None:
    diagnosis = said(
        view("Primary", Hop.RCPT, "451 4.7.0"), good("Outbound mail", direction="outbound")
    )
    assert diagnosis.sentence == (
        "Primary accepts connections but defers every message with 451 4.7.0 since 09:12 UTC; "
        "outbound is healthy: the provider's side."
    )
    assert (diagnosis.hop, diagnosis.side, diagnosis.since) == (Hop.RCPT, Side.PROVIDERS, SINCE)
    assert diagnosis.evidence == (
        "Primary at 09:30 UTC: rcpt 451 4.7.0. Detail.",
        "Outbound mail is healthy.",
    )


@pytest.mark.parametrize(
    ("hop", "code", "words", "side"),
    [
        (Hop.DNS, "nxdomain", "does not exist in DNS", "our side"),
        (Hop.DNS, "no_answer", "has no mail server in DNS", "our side"),
        (Hop.DNS, "null_mx", "says in DNS that it takes no mail", "our side"),
        (Hop.DNS, "mx_changed", "has other mail servers in DNS than it should", "our side"),
        (Hop.DNS, "servfail", "cannot be looked up: its name servers fail", "the provider's side"),
        (Hop.DNS, "timeout", "cannot be looked up: no name server answers", "the network"),
        (Hop.CONNECT, "refused", "refuses connections", "the provider's side"),
        (Hop.CONNECT, "timeout", "cannot be reached", "the network"),
        (Hop.CONNECT, "unreachable", "cannot be reached", "the network"),
        (
            Hop.BANNER, "timeout", "accepts connections and then says nothing",
            "the provider's side",
        ),
        (Hop.BANNER, "eof", "closes every connection without a word", "the provider's side"),
        (
            Hop.BANNER, "421 4.3.2", "turns connections away for now with 421 4.3.2",
            "the provider's side",
        ),
        (Hop.BANNER, "554", "turns connections away with 554", "the provider's side"),
        (Hop.BANNER, "554 5.7.1", "turns us away with 554 5.7.1", "the sender's side"),
        (Hop.EHLO, "502", "does not take our greeting: 502", "the provider's side"),
        (Hop.RCPT, "tarpit", "answers so slowly that nothing gets through", "the provider's side"),
        (Hop.STARTTLS, "not_offered", "offers no encryption any more", "the provider's side"),
        (Hop.STARTTLS, "454 4.7.0", "refuses encryption with 454 4.7.0", "the provider's side"),
        (Hop.STARTTLS, "expired", "shows a certificate that has expired", "the provider's side"),
        (Hop.STARTTLS, "wrong_name", "shows a certificate of another name", "the provider's side"),
        (
            Hop.STARTTLS, "untrusted", "shows a certificate that cannot be trusted",
            "the provider's side",
        ),
        (Hop.AUTH, "535 5.7.8", "refuses our sign-in with 535 5.7.8", "our side"),
        (Hop.AUTH, "454 4.7.0", "cannot check sign-ins, with 454 4.7.0", "the provider's side"),
        (
            Hop.MAIL, "451 4.7.0",
            "accepts connections but defers every message with 451 4.7.0", "the provider's side",
        ),
        (
            Hop.RCPT, "550",
            "accepts connections but rejects every message with 550", "the provider's side",
        ),
        (
            Hop.RCPT, "550 5.7.1",
            "accepts connections but refuses this sender with 550 5.7.1", "the sender's side",
        ),
        (
            Hop.RCPT, "550 5.1.1", "does not know the recipient any more: 550 5.1.1", "our side",
        ),
        (Hop.RCPT, "552 5.2.2", "says that the mailbox is full: 552 5.2.2", "our side"),
        (
            Hop.DATA, "dropped",
            "breaks off after every message, which it may have taken", "the provider's side",
        ),
        (Hop.MAILBOX, "lost", "accepts messages that never arrive", "the provider's side"),
        (Hop.MAILBOX, "junk", "delivers into the junk folder", "the provider's side"),
        (Hop.MAILBOX, "login", "refuses our sign-in to the mailbox", "our side"),
        (
            Hop.MAILBOX, "refused", "takes mail, but its mailbox cannot be opened",
            "the provider's side",
        ),
        (Hop.MAILBOX, "slow", "delivers late", "the provider's side"),
        (Hop.RCPT, "timeout", "stops answering in the middle, at rcpt", "the provider's side"),
        (None, "503", "answers with 503", "the provider's side"),
        (Hop.EHLO, "surprise", "fails at ehlo", "the provider's side"),
    ],
)  # fmt: skip
def test_every_shape_of_failure_has_its_words_and_side(
    hop: Hop | None, code: str, words: str, side: str
) -> None:
    assert said(view("Primary", hop, code)).sentence == f"Primary {words} since 09:12 UTC: {side}."


def test_a_control_that_fails_alike_puts_it_on_our_side() -> None:
    diagnosis = said(
        view("Primary", Hop.CONNECT, "timeout"),
        view("Example.org", Hop.CONNECT, "timeout", control=True),
    )
    assert diagnosis.sentence == (
        "Primary cannot be reached since 09:12 UTC; the control Example.org fails too: our side."
    )


def test_a_healthy_control_clears_the_network() -> None:
    diagnosis = said(view("Primary", Hop.CONNECT, "timeout"), good("Example.org", control=True))
    assert diagnosis.sentence == (
        "Primary cannot be reached since 09:12 UTC; the control Example.org is healthy: "
        "the provider's side."
    )


def test_a_control_that_fails_otherwise_changes_no_side() -> None:
    diagnosis = said(
        view("Primary", Hop.RCPT, "451"), view("Example.org", Hop.DNS, "servfail", control=True)
    )
    assert diagnosis.side is Side.PROVIDERS


def test_a_control_alone_is_no_trouble_of_ours() -> None:
    assert diagnose([view("Example.org", Hop.DNS, "servfail", control=True)], NOW, UTC) is None


def test_nothing_failing_is_nothing_to_say() -> None:
    assert diagnose([good("Primary")], NOW, UTC) is None


def test_outbound_mail_in_the_junk_folder_is_our_side() -> None:
    assert said(view("Primary", Hop.MAILBOX, "junk", direction="outbound")).side is Side.OURS


def test_the_earliest_hop_leads_and_late_comes_last() -> None:
    diagnosis = said(
        view("Late", Hop.DNS, "slow", state=State.LATE),
        view("Round trip", Hop.MAILBOX, "lost", direction="outbound"),
        view("MX", Hop.DNS, "nxdomain", since=SINCE + timedelta(minutes=3)),
    )
    assert diagnosis.sentence == (
        "MX does not exist in DNS since 09:15 UTC; outbound fails too: our side."
    )


def test_a_named_check_leads_even_when_another_is_nearer_to_the_root() -> None:
    views = (view("Round trip", Hop.MAILBOX, "lost"), view("MX", Hop.DNS, "nxdomain"))
    assert said(*views, about="round trip").hop is Hop.MAILBOX


def test_another_day_is_named_and_times_are_local() -> None:
    late = view("Primary", Hop.CONNECT, "refused", since=datetime(2026, 3, 8, 23, 30, tzinfo=UTC))
    diagnosis = diagnose([late], NOW, ZoneInfo("Europe/Vienna"))
    assert diagnosis is not None
    assert diagnosis.sentence.startswith("Primary refuses connections since 9 March 00:30 CET")
