"""The rendering that holds for a cluster until its spec or a Secret changes: remembered here, kept in the cluster.

While a setup is due, that of before is kept as well: its workloads still run.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from .custom_resource import CustomResource, Key
from .desired import Inputs, Rendering
from .errors import Conflict
from .kinds import CONTROLLER_REVISION, Object, describe, is_owned
from .kubernetes import Api
from .revision import choose_previous, name_revision, pack_revision, unpack_revision

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """The rendering that the revision `name` keeps; `previous` is that of before, until the setup is done."""

    name: str
    rendering: Rendering
    previous: Rendering | None = None


class KeptRenderings:
    """The last renderings of each cluster."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._last: dict[Key, Kept] = {}

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a cluster that is gone."""
        self._last.pop(key, None)

    async def recall(self, cluster: CustomResource, inputs: Inputs, render: Callable[[], Rendering]) -> Kept:
        """Return the rendering that is kept for this spec and these Secrets, else a new one, which is kept from now."""
        name = name_revision(cluster, inputs)
        kept = self._last.get(cluster.key)
        if kept is not None and kept.name == name:
            return kept
        rendering = await self._load(cluster, name)
        if rendering is None:
            rendering = render()
            with suppress(Conflict):  # one that cannot be read any more: what is rendered now holds until a change
                await self._api.create(
                    CONTROLLER_REVISION, cluster.key.namespace, pack_revision(name, cluster, rendering)
                )
        return await self._keep(cluster, name, rendering)

    async def settle(self, cluster: CustomResource, kept: Kept) -> None:
        """Drop the rendering of before: the setup is done, and the workloads are those of the new one from now."""
        if kept.previous is not None:
            await self._drop(await self._list_others(cluster, kept.name))
            self._last[cluster.key] = Kept(kept.name, kept.rendering)

    async def _keep(self, cluster: CustomResource, name: str, rendering: Rendering) -> Kept:
        """Drop all other revisions but, unless the setup is done, the one that the workloads were made from."""
        others, is_set_up = await self._list_others(cluster, name), rendering.setup_hash == cluster.setup_hash
        previous = None if is_set_up else choose_previous(others, cluster.setup_hash)
        await self._drop([each for each in others if each is not previous])
        kept = Kept(name, rendering, self._unpack(cluster, previous) if previous else None)
        self._last[cluster.key] = kept
        return kept

    async def _load(self, cluster: CustomResource, name: str) -> Rendering | None:
        revision = await self._api.get(CONTROLLER_REVISION, cluster.key.namespace, name)
        return None if revision is None else self._unpack(cluster, revision)

    def _unpack(self, cluster: CustomResource, revision: Object) -> Rendering | None:
        try:
            return unpack_revision(revision, cluster)
        except msgspec.ValidationError as error:
            _log.warning("%s cannot be read and is left out: %s", describe(revision), error)
            return None

    async def _list_others(self, cluster: CustomResource, name: str) -> list[Object]:
        revisions = await self._api.list_objects(CONTROLLER_REVISION, cluster.key.namespace, cluster.labels)
        # StatefulSets keep revisions of their own, with the same labels
        return [each for each in revisions if each["metadata"]["name"] != name and is_owned(each, cluster.uid)]

    async def _drop(self, revisions: Iterable[Object]) -> None:
        for revision in revisions:
            await self._api.delete(CONTROLLER_REVISION, revision)
