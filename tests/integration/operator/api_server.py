"""An API server in memory, on kmock: server-side apply, resourceVersions, preconditions, selectors, watches and faults.

It keeps the rules that the engine relies on, and counts what is asked of it. Faults are kmock's own:
`server["patch"][:2] << 429` answers the next two patches with 429 and changes nothing.
"""

import asyncio
import copy
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

import aiohttp.web
import attrs
import kmock

from notification_operator.kinds import CHILDREN, CLUSTER, CONTROLLER_REVISION, EVENT, LEASE, SECRET, Kind

Address = tuple[str, str, str]  # plural, namespace, name
KINDS = (*CHILDREN, CLUSTER, CONTROLLER_REVISION, EVENT, LEASE, SECRET, Kind("v1", "Namespace", "namespaces"))
WHOLE = frozenset({"labelSelector", "nodeSelector", "selector"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@attrs.define(kw_only=True)
class ApiServer(kmock.KubernetesScaffold):
    """`objects` holds everything that exists; `muted` are the plurals whose watches stay silent.

    In the namespaces `forbidden` everything is refused, as without a Role there.
    """

    objects: dict[Address, dict[str, Any]] = attrs.field(factory=dict, init=False)
    muted: set[str] = attrs.field(factory=set, init=False)
    forbidden: set[str] = attrs.field(factory=set, init=False)
    watches: list[str] = attrs.field(factory=list, init=False)
    _applied: dict[tuple[Address, str], Any] = attrs.field(factory=dict, init=False)
    _history: list[tuple[int, str, dict[str, Any]]] = attrs.field(factory=list, init=False)
    _news: asyncio.Condition = attrs.field(factory=asyncio.Condition, init=False)
    _versions: Any = attrs.field(factory=lambda: itertools.count(100), init=False)
    _oldest: int = attrs.field(default=0, init=False)
    _answers: Counter[int] = attrs.field(factory=Counter, init=False)
    _surprises: dict[int, Callable[[], Awaitable[None]]] = attrs.field(factory=dict, init=False)
    _epoch: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for kind in KINDS:
            self.resources[kmock.resource(kind.group, kind.version, kind.plural)] = kmock.ResourceInfo(
                kind=kind.name,
                namespaced=True,
                verbs=["get", "list", "watch", "create", "patch", "update", "delete"],
            )
        self.fallback[kmock.action.LIST] << self._list
        self.fallback[kmock.action.WATCH] << self._watch
        self.fallback[kmock.action.FETCH] << self._fetch
        self.fallback[kmock.action.CREATE] << self._create
        self.fallback[kmock.action.UPDATE] << self._patch
        self.fallback[kmock.action.DELETE] << self._delete
        self.fallback[kmock.method.PUT] << self._replace

    # What tests do behind the operator's back

    def find(self, kind: Kind, name: str, namespace: str = "default") -> dict[str, Any] | None:
        """The object, if it exists."""
        return self.objects.get((kind.plural, namespace, name))

    def read_condition(self, type_: str, name: str = "demo") -> dict[str, Any]:
        """A condition of a cluster."""
        cluster = self.objects[CLUSTER.plural, "default", name]
        return next(each for each in cluster["status"]["conditions"] if each["type"] == type_)

    def list_names(self) -> set[tuple[str, str]]:
        """Plural and name of everything but events and revisions."""
        passing = (EVENT.plural, CONTROLLER_REVISION.plural)
        return {(plural, name) for plural, _, name in self.objects if plural not in passing}

    def list_agents(self) -> set[str]:
        """Every User-Agent that asked for something."""
        return {request.headers["User-Agent"] for request in self._requests}

    def count_writes(self) -> int:
        """How many requests wanted to change something."""
        return sum(request.method.value in WRITES for request in self._requests)

    async def write(self, kind: Kind, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Write an object as a user would, whatever it was."""
        metadata = {"namespace": "default", **manifest["metadata"]}
        body = {"apiVersion": kind.api_version, "kind": kind.name, **manifest, "metadata": metadata}
        return await self._store((kind.plural, metadata["namespace"], metadata["name"]), body)

    async def erase(self, kind: Kind, name: str, namespace: str = "default") -> None:
        """Delete an object, and what it owns."""
        await self._remove((kind.plural, namespace, name))

    async def erase_cluster(self, cluster: Mapping[str, Any]) -> None:
        """Delete a cluster with all that it owns, and its events, as time would."""
        await self.erase(CLUSTER, cluster["metadata"]["name"])
        self.objects = {address: each for address, each in self.objects.items() if address[0] != EVENT.plural}

    def after_writes(self, number: int, act: Callable[[], Awaitable[None]]) -> None:
        """Do something before so many writes more have been answered."""
        self._surprises[self.count_writes() + number] = act

    async def forget_history(self) -> None:
        """Compact: watches that start from before now get a 410."""
        self._oldest = next(self._versions)

    async def end_watches(self) -> None:
        """End every watch that is open, as a server does now and then."""
        self._epoch += 1
        async with self._news:
            self._news.notify_all()

    def forget_surprises(self) -> None:
        """Let no more surprises happen."""
        self._surprises.clear()

    # Requests

    async def _handle(self, request: kmock.Request) -> aiohttp.web.StreamResponse:
        if request.method.value in WRITES and (surprise := self._surprises.pop(self.count_writes(), None)):
            await surprise()
        if request.namespace in self.forbidden:
            raise kmock.KubernetesError(status=403, reason="Forbidden", message=f"not in {request.namespace}")
        answer = await super()._handle(request)
        self._answers[answer.status] += 1
        return answer

    def count_refusals(self, status: int) -> int:
        """How many requests were answered with this status."""
        return self._answers[status]

    def _list(self, request: kmock.Request) -> Any:
        found = [each for address, each in self.objects.items() if _matches(request, address, each)]
        # Of metadata alone, an empty list is null
        nothing: list[Any] | None = None if "PartialObjectMetadata" in request.headers["Accept"] else []
        return {"metadata": {"resourceVersion": str(next(self._versions))}, "items": found or nothing}

    async def _watch(self, request: kmock.Request) -> AsyncIterator[Any]:
        plural = _plural(request)
        since, at = int(request.params.get("resourceVersion", 0)), 0
        self.watches.append(plural)
        yield b""
        if since < self._oldest:
            yield {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
            return
        epoch = self._epoch
        while epoch == self._epoch:
            for version, type_, each in self._history[at:]:
                address = (each["plural"], each["object"]["metadata"]["namespace"], each["object"]["metadata"]["name"])
                if version > since and _matches(request, address, each["object"]) and plural not in self.muted:
                    yield {"type": type_, "object": each["object"]}
            at = len(self._history)
            async with self._news:
                while len(self._history) == at and epoch == self._epoch:
                    await self._news.wait()

    def _fetch(self, request: kmock.Request) -> Any:
        return self._get(_locate(request))

    async def _create(self, request: kmock.Request) -> Any:
        metadata = request.data["metadata"]
        address = (_plural(request), metadata["namespace"], metadata["name"])
        if address in self.objects:
            raise kmock.KubernetesError(status=409, reason="AlreadyExists", message=f"{address} already exists")
        return await self._store(address, request.data)

    async def _replace(self, request: kmock.Request) -> Any:
        address = _locate(request)
        expected = request.data["metadata"].get("resourceVersion")
        if expected and self._get(address)["metadata"]["resourceVersion"] != expected:
            raise kmock.KubernetesError(status=409, reason="Conflict", message=f"{address} has been modified")
        return await self._store(address, request.data)

    async def _patch(self, request: kmock.Request) -> Any:
        address = _locate(request)
        if request.headers["Content-Type"].startswith("application/apply-patch"):
            return await self._apply(address, request.data, request.params["fieldManager"])
        there = self._get(address)
        expected = request.data.get("metadata", {}).get("resourceVersion", there["metadata"]["resourceVersion"])
        if there["metadata"]["resourceVersion"] != expected:
            raise kmock.KubernetesError(status=409, reason="Conflict", message=f"{address} has been modified")
        # Beside this, a patch of the status changes nothing but the status, whatever else it says
        patch = {"status": request.data["status"]} if request.url.path.endswith("/status") else request.data
        return await self._store(address, _merge_patch(there, patch))

    async def _delete(self, request: kmock.Request) -> Any:
        address = _locate(request)
        there = self._get(address)["metadata"]
        for field, expected in ((request.data or {}).get("preconditions") or {}).items():
            if there[field] != expected:
                raise kmock.KubernetesError(status=409, reason="Conflict", message=f"precondition on {field} failed")
        return await self._remove(address)

    # State

    def _get(self, address: Address) -> dict[str, Any]:
        if address not in self.objects:
            raise kmock.KubernetesError(status=404, reason="NotFound", message=f"{address} not found")
        return self.objects[address]

    async def _apply(self, address: Address, manifest: Any, manager: str) -> Any:
        before = self.objects.get(address, {})
        kept = _without(before, self._applied.get((address, manager), {}), manifest)
        self._applied[address, manager] = manifest
        return await self._store(address, _merge(kept, manifest))

    async def _store(self, address: Address, body: Mapping[str, Any]) -> dict[str, Any]:
        before, after = self.objects.get(address), copy.deepcopy(dict(body))
        fresh = {"uid": f"uid-{next(self._versions)}", "generation": 0}
        old: dict[str, Any] = before["metadata"] if before else fresh
        changed = before is None or before.get("spec") != after.get("spec")
        after["metadata"] = {**after["metadata"], "uid": old["uid"], "generation": old["generation"] + changed}
        after["metadata"]["resourceVersion"] = old.get("resourceVersion", "")
        if after == before:
            return before
        after["metadata"]["resourceVersion"] = str(next(self._versions))
        self.objects[address] = after
        await self._tell("MODIFIED" if before else "ADDED", address, after)
        return after

    async def _remove(self, address: Address) -> dict[str, Any]:
        gone = copy.deepcopy(self.objects.pop(address))
        gone["metadata"]["resourceVersion"] = str(next(self._versions))
        await self._tell("DELETED", address, gone)
        uid = gone["metadata"]["uid"]
        for other, each in list(self.objects.items()):
            if any(owner["uid"] == uid for owner in each["metadata"].get("ownerReferences", ())):
                await self._remove(other)
        return gone

    async def _tell(self, type_: str, address: Address, each: dict[str, Any]) -> None:
        version = int(each["metadata"]["resourceVersion"])
        self._history.append((version, type_, {"plural": address[0], "object": copy.deepcopy(each)}))
        async with self._news:
            self._news.notify_all()


def _plural(request: kmock.Request) -> str:
    assert request.resource is not None
    return str(request.resource.plural)


def _locate(request: kmock.Request) -> Address:
    assert request.namespace is not None
    assert request.name is not None
    return _plural(request), request.namespace, request.name


def _matches(request: kmock.Request, address: Address, each: Mapping[str, Any]) -> bool:
    if address[0] != _plural(request) or request.namespace not in (None, address[1]):
        return False
    labels = each["metadata"].get("labels", {})
    wanted = [term.partition("=") for term in request.params.get("labelSelector", "").split(",") if term]
    return all(labels.get(key) == value if equals else key in labels for key, equals, value in wanted)


def _merge(before: Any, wanted: Any) -> Any:
    """What server-side apply makes of an object: named items of lists are merged, others replaced."""
    if isinstance(before, Mapping) and isinstance(wanted, Mapping):
        return {**before, **{field: _merge_field(field, before, value) for field, value in wanted.items()}}
    if _is_named(before) and _is_named(wanted):
        items = {item["name"]: item for item in before}
        return list((items | {item["name"]: _merge(items.get(item["name"]), item) for item in wanted}).values())
    return copy.deepcopy(wanted)


def _merge_field(field: str, before: Mapping[str, Any], value: Any) -> Any:
    return copy.deepcopy(value) if field in WHOLE else _merge(before.get(field), value)


def _without(before: Any, applied: Any, wanted: Any) -> Any:
    """`before` without the fields that were applied and are wanted no more."""
    if not (isinstance(before, Mapping) and isinstance(applied, Mapping) and isinstance(wanted, Mapping)):
        return before
    return {
        field: _without(value, applied.get(field), wanted.get(field))
        for field, value in before.items()
        if field not in applied or field in wanted
    }


def _merge_patch(before: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    base = dict(before) if isinstance(before, Mapping) else {}
    for field, value in patch.items():
        if value is None:
            base.pop(field, None)
        else:
            base[field] = _merge_patch(base.get(field), value)
    return base


def _is_named(items: Any) -> bool:
    return (
        isinstance(items, Iterable) and not isinstance(items, str | Mapping) and all("name" in item for item in items)
    )
