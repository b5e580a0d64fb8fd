"""Carries out a plan: makes, applies and deletes, and says what was refused."""

from collections.abc import Callable, Iterable

from .custom_resource import CustomResource
from .desired import GeneratedSecret, Manifest, fill_secret
from .errors import Conflict, InvalidObject, Rejected
from .kinds import SECRET, Object, describe, find_kind, is_owned
from .kubernetes import Api
from .ownership import take_over
from .plan import Observed, Plan, identify
from .status import Problem


class Writer:
    """Writes what plans say; `note` is told of every object as it became, `make_text` makes passwords."""

    def __init__(self, api: Api, note: Callable[[Iterable[Object]], None], make_text: Callable[[], str]) -> None:
        self._api = api
        self._note = note
        self._make_text = make_text

    async def write(self, cluster: CustomResource, plan: Plan, observed: Observed) -> Problem | None:
        """Write all that can be written; return the first that was refused."""
        problems: list[Problem | None] = [await self._generate(cluster, secret) for secret in plan.generate]
        problems += [await self._create(cluster, manifest) for manifest in plan.create]
        changed = (*plan.apply, *(repair.manifest for repair in plan.repair))
        for manifest in changed:
            problems.append(await self._apply(cluster, manifest, observed.children[identify(manifest)]))
        for child in plan.delete:
            await self._api.delete(find_kind(child), child)
        return next((problem for problem in problems if problem), None)

    async def _generate(self, cluster: CustomResource, secret: GeneratedSecret) -> Problem | None:
        try:
            await self._api.create(SECRET, cluster.key.namespace, fill_secret(secret, self._make_text))
        except Conflict:  # it exists, which is all that is wanted
            return None
        except Rejected as error:
            return Problem("Rejected", str(error))
        return None

    async def _create(self, cluster: CustomResource, manifest: Manifest) -> Problem | None:
        """Apply a manifest of which we own no object, unless somebody else has one of its name."""
        kind = find_kind(manifest)
        there = await self._api.get(kind, cluster.key.namespace, manifest["metadata"]["name"])
        if there is not None and not is_owned(there, cluster.uid):
            return Problem("NameTaken", f"{describe(there)} exists and is not this cluster's: delete or rename it")
        return await self._apply(cluster, manifest, there)

    async def _apply(self, cluster: CustomResource, manifest: Manifest, there: Object | None) -> Problem | None:
        try:
            self._note([await self._force(cluster, manifest, there)])
        except Rejected as error:
            return Problem("Rejected", f"{describe(manifest)} was refused: {error}")
        return None

    async def _force(self, cluster: CustomResource, manifest: Manifest, there: Object | None) -> Object:
        """Apply; fields of others that leave ours no room are taken over, so that they go."""
        kind, namespace = find_kind(manifest), cluster.key.namespace
        try:
            return await self._api.apply(kind, namespace, manifest)
        except InvalidObject:
            managed = take_over(there) if there else None
            if there is None or managed is None:
                raise
        await self._api.assign(kind, there, managed)
        return await self._api.apply(kind, namespace, manifest)
