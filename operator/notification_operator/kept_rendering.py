"""The rendering that holds for a cluster until its spec or a Secret changes: remembered here, kept in the cluster."""

import logging
from collections.abc import Callable
from contextlib import suppress

import msgspec

from .custom_resource import CustomResource, Key
from .desired import Inputs, Rendering
from .errors import Conflict
from .kinds import CONTROLLER_REVISION, is_owned
from .kubernetes import Api
from .revision import name_revision, pack_revision, unpack_revision

_log = logging.getLogger(__name__)


class KeptRenderings:
    """The last rendering of each cluster."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._last: dict[Key, tuple[str, Rendering]] = {}

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a cluster that is gone."""
        self._last.pop(key, None)

    async def recall(self, cluster: CustomResource, inputs: Inputs, render: Callable[[], Rendering]) -> Rendering:
        """Return the rendering that is kept for this spec and these Secrets, else a new one, which is kept from now."""
        name = name_revision(cluster, inputs)
        kept = self._last.get(cluster.key)
        if kept is not None and kept[0] == name:
            return kept[1]
        rendering = await self._load(cluster, name)
        if rendering is None:
            rendering = render()
            with suppress(Conflict):  # one that cannot be read any more: what is rendered now holds until a change
                await self._api.create(CONTROLLER_REVISION, pack_revision(name, cluster, rendering))
        await self._drop_other_revisions(cluster, name)
        self._last[cluster.key] = name, rendering
        return rendering

    async def _load(self, cluster: CustomResource, name: str) -> Rendering | None:
        revision = await self._api.get(CONTROLLER_REVISION, cluster.key.namespace, name)
        if revision is None:
            return None
        try:
            return unpack_revision(revision)
        except msgspec.ValidationError as error:
            _log.warning("ControllerRevision %s cannot be read and is left out: %s", name, error)
            return None

    async def _drop_other_revisions(self, cluster: CustomResource, name: str) -> None:
        where = cluster.key.namespace
        for revision in await self._api.list_metadata(CONTROLLER_REVISION, where, cluster.labels):
            # StatefulSets keep revisions of their own, with the same labels
            if revision["metadata"]["name"] != name and is_owned(revision, cluster.uid):
                await self._api.delete(CONTROLLER_REVISION, revision)
