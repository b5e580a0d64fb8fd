"""Workers whose channels lead to servers of a test, behind the gateway that all tests here share."""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.integration.providers.authority import Authority
from tests.support.rest import PATH, Answer, Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

PUBLIC_URL = "https://notify.shop.example"
LETTERS = "/api/admin/dead-letters"
_numbers = itertools.count(1)
Line = dict[str, Any]
Lines = dict[str, Line]


@dataclass
class PostOffice:
    """One test's workers, and what their producer, their administrator and their database say."""

    stack: Stack
    authority: Authority
    workers: list[str] = field(default_factory=list)

    async def hire(self, jobs_at_once: int = 5, **channels: object) -> str:
        """Start a worker with these channels and as many jobs of a lane at once, and return its name."""
        path = self.stack.config("worker")
        config = {**json.loads(path.read_text()), "channels": {"authorityFile": str(self.authority.certificate)}}
        config["channels"] |= channels
        config["queues"] = {"high": jobs_at_once, "normal": jobs_at_once, "low": jobs_at_once}
        path.write_text(json.dumps(config))
        self.workers.append(f"worker-{next(_numbers)}")
        await self.stack.start(self.workers[-1])
        return self.workers[-1]

    async def dismiss(self) -> None:
        """Stop those that still run; AssertionError if one does not end in order."""
        for name in self.workers:
            await self.stack.stop(name)

    async def lose(self, name: str) -> None:
        """Kill a worker as the kernel would."""
        await self.stack.kill(name)
        self.workers.remove(name)

    def rest(self, user: str, **claims: Any) -> Rest:
        """The REST interface as a user sees it."""
        return Rest(self.stack.url, self.stack.token(user, **claims))

    @property
    def producer(self) -> Rest:
        """The REST interface as a producer sees it."""
        return self.rest("producer")

    @property
    def unsubscribing(self) -> dict[str, str]:
        """What mails need for their links, which the gateway verifies."""
        return {"publicUrl": PUBLIC_URL, "unsubscribeKeyFile": str(self.stack.folder / "unsubscribe.key")}

    async def send(self, user: str, *channels: str, **fields: object) -> str:
        """Notify a user, over these channels or the usual ones, and return the id."""
        stated: dict[str, Any] = {**fields, "channels": channels} if channels else {**fields}
        (placed,) = await self.producer.notify(user, **stated)
        id: str = placed["id"]
        return id

    async def know(self, user: str, **card: str) -> None:
        """Tell how a user is reached."""
        answer = await self.producer.request("PUT", f"/api/users/{user}", json=card)
        assert answer.status == 200, answer

    async def register(self, user: str, **device: object) -> str:
        """Register a device of a user, and return its id."""
        answer = await self.rest(user, scope="").request("POST", "/api/devices", json=device)
        assert answer.status == 201, answer
        id: str = answer.body["id"]
        return id

    async def read_log(self, id: str) -> Lines:
        """Return the delivery log of a notification by channel."""
        answer = await self.producer.request("GET", f"{PATH}/{id}/deliveries")
        assert answer.status == 200, answer
        return {line["channel"]: line for line in answer.body["deliveries"]}

    async def become(self, id: str, channel: str, *states: str, within: float = 15.0) -> Line:
        """Return the line of a channel once it says one of these states."""

        async def found() -> Line:
            line = (await self.read_log(id)).get(channel, {})
            return line if line.get("state") in states else {}

        return await eventually(found, within=within, what=f"{channel}: {' or '.join(states)}")

    async def dead_letters(self, *ids: str) -> Lines:
        """Return the dead letters of some notifications by channel."""
        answer = await self.administrator.request("GET", LETTERS, params={"limit": "100"})
        return {letter["channel"]: letter for letter in answer.body["deadLetters"] if letter["id"] in ids}

    @property
    def administrator(self) -> Rest:
        """The REST interface as an administrator sees it."""
        return self.rest("root", roles=["admin"], scope="")

    async def retry(self, id: str, channel: str) -> Answer:
        """Have a dead letter tried again."""
        body = {"deadLetters": [{"id": id, "channel": channel}]}
        return await self.administrator.request("POST", f"{LETTERS}/retry", json=body)

    def turn_clock(self, user: str, channel: str) -> None:
        """Have what waits for its time on a channel be due now."""
        self.query(
            "UPDATE outbox SET queued_at = now() - interval '2 s'"
            f" WHERE recipient = '{user}' AND channel = '{channel}' AND queued_at > now()"
        )

    def query(self, sql: str) -> str:
        """Ask the database."""
        return self.stack.postgres.execute(sql, urlsplit(self.stack.database).path[1:])


def links(mail: Any) -> Sequence[str]:
    """Return where the header of a mail lets its reader unsubscribe."""
    return re.findall(r"<(https://[^>]+)>", str(mail["List-Unsubscribe"] or ""))
