"""Who wishes for mail once a day gets one mail, at their hour, and ends that with the link in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp

from notifications.domain.preferences import DEFAULT_DIGEST, Frequency, Preference, next_digest
from tests.integration.channels.post_office import PUBLIC_URL, PostOffice, links
from tests.integration.providers import settings
from tests.integration.providers.authority import Authority
from tests.integration.providers.smtp_server import Relay, serve_smtp
from tests.support.waiting import eventually

PREFERENCES = "/api/notifications/preferences"
ZONE = "Asia/Kolkata"


async def wish(office: PostOffice, user: str, **preference: object) -> None:
    """Have a user wish for something by mail."""
    entry = {"notificationType": "*", "channel": "email", "timeZone": ZONE, **preference}
    answer = await office.rest(user).request("PUT", PREFERENCES, json=[entry])
    assert answer.status == 200, answer


async def test_a_day_of_notifications_is_one_mail_however_many_workers_there_are(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        email = settings.email(settings.smtp(relay, tmp_path), **office.unsubscribing)
        for _ in range(2):
            await office.hire(email=email)
        await office.know(alice, email=f"{alice}@example.com", name="Alice")
        await wish(office, alice, frequency="daily")

        before = datetime.now(UTC)
        ids = [await office.send(alice, "websocket", "email", content=f"number {number}") for number in range(4)]
        for id in ids:
            assert (await office.become(id, "email", "digested"))["attempts"] == 0
        assert office.query(due(alice)) in expected_hours(before)
        assert (await office.rest(alice).read(ids[0])).status == 200
        office.turn_clock(alice, "email")
        digest = office.query(f"SELECT id FROM digests WHERE recipient = '{alice}'")

        assert await settled(office, digest) == "sent|1|"
        (received,) = relay.mails
        mail = received.message
        text = mail.get_body(("plain",))
        assert text is not None
        assert [f"number {number}" in text.get_content() for number in range(4)] == [False, True, True, True]
        assert mail["Message-ID"] == f"<{digest}@shop.example>"

        await unsubscribe(office, *links(mail))
        id = await office.send(alice, "email")
        assert (await office.become(id, "email", "skipped"))["reason"] == "disabled by the user"
        assert len(relay.mails) == 1


async def test_nobody_is_sent_a_digest_of_what_they_have_read(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")
        await wish(office, alice, frequency="weekly")
        id = await office.send(alice, "websocket", "email")
        await office.become(id, "email", "digested")
        assert (await office.rest(alice).read_all()).status == 200
        office.turn_clock(alice, "email")
        digest = office.query(f"SELECT id FROM digests WHERE recipient = '{alice}'")

        assert await settled(office, digest) == "skipped|0|everything in it was read meanwhile"
        assert relay.mails == []


async def test_mail_in_quiet_hours_comes_when_they_end(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")
        now = datetime.now(UTC)
        quiet = {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=1):%H:%M}"}
        await wish(office, alice, quietHours=quiet, timeZone="UTC")

        id = await office.send(alice, "email")
        line = await office.become(id, "email", "held")
        assert (line["reason"], line["attempts"]) == ("quiet hours", 0)
        await wish(office, alice, timeZone="UTC")
        office.turn_clock(alice, "email")

        assert (await office.become(id, "email", "sent"))["attempts"] == 1
        assert len(relay.mails) == 1


async def settled(office: PostOffice, digest: str) -> str:
    """Return what the delivery log says of a digest, which no recipient sees: state, attempts and reason."""
    sql = f"SELECT state, attempts, reason FROM deliveries WHERE notification_id = '{digest}'"
    return await eventually(lambda: office.query(sql), what="an outcome of the digest")


def due(user: str) -> str:
    """Ask when a user's digest is due."""
    return f"SELECT to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM digests WHERE recipient = '{user}'"


def expected_hours(before: datetime) -> set[str]:
    """When the digest of what happened since is due: the clock may have struck meanwhile."""
    wish = Preference(frequency=Frequency.DAILY, zone=ZoneInfo(ZONE))
    hours = [next_digest(wish, at, DEFAULT_DIGEST).astimezone(UTC) for at in (before, datetime.now(UTC))]
    return {f"{hour:%Y-%m-%d %H:%M}" for hour in hours}


async def unsubscribe(office: PostOffice, link: str) -> None:
    """Do what a mail program does with the link of a mail, where the gateways are reached from here."""
    assert link.startswith(PUBLIC_URL)
    url = office.stack.url + link.removeprefix(PUBLIC_URL)
    async with aiohttp.ClientSession() as client, client.post(url, data={"List-Unsubscribe": "One-Click"}) as answer:
        assert answer.status == 200
