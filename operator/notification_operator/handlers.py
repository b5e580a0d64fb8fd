"""What kopf does for us: it tells of changes, and each only puts the key of a cluster into the queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import kopf

from . import names
from .custom_resource import Key
from .hearing import Hearing
from .kinds import CHILDREN, CLUSTER, SECRET
from .queue import WorkQueue


@dataclass(frozen=True, slots=True)
class Wish:
    """All of a cluster that says what is to be done; its generation counts the changes of its spec."""

    uid: str
    generation: int
    annotations: Mapping[str, str]
    is_deleted: bool


class Listener:
    """Its methods are called for each event; they neither wait nor fail."""

    def __init__(self, queue: WorkQueue[Key], hearing: Hearing) -> None:
        self._queue = queue
        self._hearing = hearing
        self._last: dict[Key, Wish] = {}

    async def hear_cluster(self, event: kopf.RawEvent, **_: Any) -> None:
        """Look at the cluster, unless only its status or the like has changed: mostly that was us."""
        _note(event, self._hearing)
        metadata: Any = event["object"]["metadata"]
        key, wish = Key(metadata["namespace"], metadata["name"]), read_wish(metadata)
        if event["type"] == "DELETED":
            self._last.pop(key, None)
        elif self._last.get(key) == wish:
            return
        else:
            self._last[key] = wish
        self._queue.add(key)

    async def hear_child(self, event: kopf.RawEvent, **_: Any) -> None:
        """Look at the cluster that the object says it belongs to."""
        _note(event, self._hearing)
        metadata: Any = event["object"]["metadata"]
        cluster = metadata.get("labels", {}).get(names.INSTANCE_LABEL)
        if cluster:
            self._queue.add(Key(metadata["namespace"], cluster))

    async def hear_secret(self, event: kopf.RawEvent, **_: Any) -> None:
        """Look at every cluster of the Secret's namespace: any may refer to it."""
        metadata: Any = event["object"]["metadata"]
        for key in self._queue.list_keys():
            if key.namespace == metadata["namespace"]:
                self._queue.add(key)


class Login:
    """How kopf reaches the API server: by the pod's service account or a kubeconfig file, under the name `agent`."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._sessions: list[aiohttp.ClientSession] = []

    async def log_in(self, settings: kopf.OperatorSettings, **_: Any) -> kopf.AiohttpSession | None:
        """Return a session with the credentials of now; kopf asks for another when they are no longer accepted."""
        access = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
        if access is None:
            return None
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=access.as_ssl_context()),
            headers={**access.as_http_headers(), "User-Agent": self._agent},
        )
        self._sessions.append(session)
        return kopf.AiohttpSession(
            server=access.server, default_namespace=access.default_namespace, aiohttp_session=session
        )

    async def close(self) -> None:
        """End every session, and with them every watch."""
        for session in self._sessions:
            await session.close()


def make_registry(listener: Listener, login: Login) -> kopf.OperatorRegistry:
    """Return the handlers for clusters, for what they own, and for Secrets that ask to be watched."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(login.log_in)
    for kind in (CLUSTER, *CHILDREN, SECRET):
        hear = {CLUSTER: listener.hear_cluster, SECRET: listener.hear_secret}.get(kind, listener.hear_child)
        kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)(hear)
    return registry


def read_wish(metadata: Mapping[str, Any]) -> Wish:
    """Return what the metadata of a cluster says of it."""
    annotations, is_deleted = metadata.get("annotations") or {}, "deletionTimestamp" in metadata
    return Wish(metadata["uid"], metadata.get("generation", 0), annotations, is_deleted)


def _note(event: kopf.RawEvent, hearing: Hearing) -> None:
    metadata: Any = event["object"]["metadata"]
    if event["type"] == "DELETED":
        hearing.hear_end(metadata["uid"], metadata["resourceVersion"])
    else:
        hearing.hear(metadata["uid"], metadata["resourceVersion"])
