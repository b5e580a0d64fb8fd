"""The Kubernetes API server: the only module that talks to it, but for kopf's watches.

Every request is bounded in time, and every write by the time for which this process surely leads. The client's errors
become ApiError.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, ApiException, Configuration
from kubernetes.aio.dynamic import DynamicClient

from . import names
from .errors import ApiError, Conflict, Failed, InvalidObject, NoCluster, Rejected, Unavailable
from .kinds import Kind, Object

Client = DynamicClient

REQUEST_TIMEOUT: Final = 10.0
MERGE_PATCH: Final = "application/merge-patch+json"
_METADATA_ONLY: Final = "application/json;as={}PartialObjectMetadata{};g=meta.k8s.io;v=v1"
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_UNTYPED: Final = "failed to create typed patch object"  # a field of the wrong type, which is answered with a 500
_NOT_FOUND, _CONFLICT, _INVALID, _TOO_MANY = 404, 409, 422, 429


@dataclass(frozen=True, slots=True)
class Answer:
    """One request as it ended, for the metrics: `code` is 0 when there was no answer."""

    verb: str
    kind: str
    code: int


async def load_access() -> Configuration:
    """Return how the cluster is reached: by the pod's service account, else by a kubeconfig file; else NoCluster."""
    access = Configuration()
    try:
        if _SERVICE_ACCOUNT.exists():
            config.load_incluster_config(client_configuration=access)
        else:
            await config.load_kube_config(
                config_file=os.environ.get("KUBECONFIG"), client_configuration=access, persist_config=False
            )
    except (config.ConfigException, OSError) as error:
        raise NoCluster(f"no Kubernetes cluster: {error}; set KUBECONFIG, or run in a pod") from error
    return access


@asynccontextmanager
async def open_client(access: Configuration, agent: str) -> AsyncIterator[DynamicClient]:
    """Yield a client; `agent` is the User-Agent, which the audit log has with every request."""
    async with ApiClient(configuration=access) as client:
        client.user_agent = agent
        yield DynamicClient(client)


class Api:
    """Reads and writes; `bound_write` returns for how many seconds a write may take, or raises LeadershipLost."""

    def __init__(
        self,
        client: DynamicClient,
        bound_write: Callable[[], float] = lambda: REQUEST_TIMEOUT,
        tell: Callable[[Answer], None] = lambda _: None,
    ) -> None:
        self.client = client
        self._bound_write = bound_write
        self._tell = tell

    async def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Return the object, or None when there is none."""
        return await self._find(kind, namespace, name, {})

    async def get_metadata(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Return only the object's metadata, so that a Secret's contents never come here."""
        return await self._find(kind, namespace, name, {"Accept": _METADATA_ONLY.format("", "")})

    async def list_objects(self, kind: Kind, namespace: str | None, selector: Mapping[str, str]) -> list[Object]:
        """Return the objects with these labels, of one namespace or of all."""
        return await self._list(kind, namespace, selector, {})

    async def list_metadata(self, kind: Kind, namespace: str, selector: Mapping[str, str]) -> list[Object]:
        """Return only the metadata of the objects with these labels."""
        return await self._list(kind, namespace, selector, {"Accept": _METADATA_ONLY.format("", "List")})

    async def create(self, kind: Kind, namespace: str, manifest: Object) -> Object:
        """Make the object, in this namespace or not at all; raise Conflict when there is one of its name."""
        path = kind.locate(namespace)
        return await self._write("create", kind, path, body=manifest, field_manager=names.FIELD_MANAGER)

    async def apply(self, kind: Kind, namespace: str, manifest: Object) -> Object:
        """Make every field of `manifest` ours, and so; fields of others stay as they are. In this namespace alone."""
        return await self._write(
            "apply",
            kind,
            kind.locate(namespace, manifest["metadata"]["name"]),
            body=manifest,
            content_type="application/apply-patch+yaml",
            field_manager=names.FIELD_MANAGER,
            force_conflicts=True,
        )

    async def replace(self, kind: Kind, manifest: Object) -> Object:
        """Put the whole object in the place of the one that was read; raise Conflict when that has changed."""
        return await self._write("update", kind, _path(kind, manifest), body=manifest)

    async def assign(self, kind: Kind, observed: Object, managed: Sequence[Object]) -> None:
        """Say whose the fields of the object are, which changes none of them; raise Conflict when it has changed."""
        metadata = {"resourceVersion": observed["metadata"]["resourceVersion"], "managedFields": managed}
        await self._write("patch", kind, _path(kind, observed), body={"metadata": metadata}, content_type=MERGE_PATCH)

    async def patch_status(self, kind: Kind, owner: Object, changes: Object) -> None:
        """Change these fields of the status of the very object that was read, if it is still there; None removes one.

        Raise Conflict when it has changed, or is another one. Only its version tells: in a status the uid is ignored.
        """
        path, version = f"{_path(kind, owner)}/status", owner["metadata"]["resourceVersion"]
        body = {"metadata": {"resourceVersion": version}, "status": changes}
        with suppress(_NotFound):
            await self._write("patch", kind, path, body=body, content_type=MERGE_PATCH)

    async def delete(self, kind: Kind, observed: Object) -> None:
        """Delete the very object that was read, if it is still there, and then what it owns; Conflict if it changed."""
        metadata = observed["metadata"]
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
        }
        with suppress(_NotFound):
            await self._write("delete", kind, _path(kind, observed), body=body)

    async def _find(self, kind: Kind, namespace: str, name: str, headers: Mapping[str, str]) -> Object | None:
        path = kind.locate(namespace, name)
        try:
            return await self._request("get", kind, path, REQUEST_TIMEOUT, header_params=dict(headers))
        except _NotFound:
            return None

    async def _list(
        self, kind: Kind, namespace: str | None, selector: Mapping[str, str], headers: Mapping[str, str]
    ) -> list[Object]:
        labels = ",".join(f"{label}={value}" for label, value in selector.items())
        path = kind.locate(namespace)
        options = {"label_selector": labels or None, "header_params": dict(headers)}
        answer = await self._request("list", kind, path, REQUEST_TIMEOUT, **options)
        # The items of a list leave out what the list says of them all, and an empty list of metadata is null
        return [{"apiVersion": kind.api_version, "kind": kind.name, **item} for item in answer["items"] or ()]

    async def _write(self, verb: str, kind: Kind, path: str, **options: Any) -> Object:
        limit = min(REQUEST_TIMEOUT, self._bound_write())
        return await self._request(verb, kind, path, limit, **options)

    async def _request(self, verb: str, kind: Kind, path: str, limit: float, **options: Any) -> Object:
        code = 0
        try:
            async with asyncio.timeout(limit):
                answer = await self.client.request(
                    _METHODS[verb], path, serialize=False, _request_timeout=_total(limit), **options
                )
                code = answer.status
                return dict(await answer.json())
        except ApiException as error:
            code = error.status or 0
            raise _translate(error, f"{verb} {path}") from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unavailable(f"{verb} {path}: {type(error).__name__}: no answer within {limit:.0f} s") from error
        finally:
            self._tell(Answer(verb, kind.name, code))


class _NotFound(Rejected):
    """There is no such object, or no such kind."""


_METHODS: Final = {
    "get": "get",
    "list": "get",
    "create": "post",
    "apply": "patch",
    "patch": "patch",
    "update": "put",
    "delete": "delete",
}


def _path(kind: Kind, manifest: Object) -> str:
    metadata = manifest["metadata"]
    return kind.locate(metadata["namespace"], metadata["name"])


def _total(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)


def _translate(error: ApiException, what: str) -> ApiError:
    text = f"{what}: {_explain(error)}"
    status = error.status or 0
    if status == _CONFLICT:
        return Conflict(text)
    if status == _NOT_FOUND:
        return _NotFound(text)
    if status == _INVALID:
        return InvalidObject(text)
    if status >= 500 and _UNTYPED not in text:
        return Failed(text, retry_after=_read_delay(error))
    if status == _TOO_MANY or status in (0, 401, 408):
        return Unavailable(text, retry_after=_read_delay(error))
    return Rejected(text)


def _explain(error: ApiException) -> str:
    """Return the server's own sentence."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"


def _read_delay(error: ApiException) -> float:
    text = (error.headers or {}).get("Retry-After", "0")
    return float(text) if text.isascii() and text.isdecimal() else 0.0
