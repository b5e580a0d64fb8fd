"""notification-gateway, whole: PostgreSQL, NATS, a worker and one or two gateways with their usual settings."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.cpu import list_children
from tests.bench.native import Way
from tests.bench.systems.system import PAYLOAD, Running
from tests.support.stack import FAMILIES, Family, Stack, run_stack

TWO = frozenset({"direct"})
BATCHED: Mapping[str, Sequence[Family]] = {"latency-batched": ({"family": "group", "batch": {}},)}
NOTIFICATION = f'{{"id":"$M","seq":$N,"prev":$P,"type":"message","content":"","metadata":{PAYLOAD}}}'


class Gateway:
    """Rooms by POST to their topics, direct messages by NATS as another gateway would send them."""

    name = "notification-gateway"
    dialect = "gateway"
    room = "group:"
    scenarios = frozenset({"room", "hot-room", "many-rooms", "direct", "connect", "idle", "latency", "storm", *BATCHED})

    def find_missing(self) -> str | None:
        return None

    @asynccontextmanager
    async def start(self, folder: Path, scenario: str) -> AsyncIterator[Running]:
        gateways = 2 if scenario in TWO else 1
        families = BATCHED.get(scenario, FAMILIES)
        async with run_stack(folder, gateways=gateways, workers=1, families=families) as stack:
            fronts = {name: one.pid for name, one in stack.workloads.items() if name.startswith("gateway")}
            backends = {f"postgres-{pid}": pid for pid in list_children(stack.postgres.pid)}
            broker = {"nats": stack.nats.pid, "worker": stack.workloads["worker-0"].pid, "postgres": stack.postgres.pid}

            def token(user: str, groups: Sequence[str]) -> str:
                return stack.token(user, scope="", groups=list(groups))

            yield Running(
                ports=(stack.port,),
                processes={**fronts, **broker, **backends},
                fronts=tuple(fronts.values()),
                token=token,
                to_room=post_to_topics(stack),
                to_user=tell_inboxes(stack),
            )


def post_to_topics(stack: Stack) -> Way:
    """POST /api/topics/group.NAME/messages."""
    token = stack.token("publisher", roles=["admin"])
    head = [
        "POST /api/topics/group.$T/messages HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Authorization: Bearer {token}",
        "",
    ]
    return Way("http", (stack.port,), head=r"\r\n".join(head), body=f'{{"payload":{PAYLOAD}}}')


def tell_inboxes(stack: Stack) -> Way:
    """An event of each recipient's inbox, numbered from 1 in a database that has none."""
    login = f'{{"user":"gateway","pass":"{stack.nats.password("gateway")}","verbose":false}}'
    body = rf"$N $P notification -\n{NOTIFICATION}"
    return Way("nats", (stack.nats.port,), login=login, head="PUB ntf.inbox.default.$T", body=body)
