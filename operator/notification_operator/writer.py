"""Carries out a plan: makes, applies and deletes all that it can, and says what could not be done."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from .custom_resource import CustomResource
from .desired import GeneratedSecret, Manifest, fill_secret
from .errors import ApiError, Conflict, Failed, InvalidObject, Rejected
from .kinds import SECRET, Object, describe, find_kind, is_owned
from .kubernetes import Api
from .ownership import take_over
from .plan import Identity, Observed, Plan, identify
from .problem import Problem

MOST_FAILURES: Final = 3  # a server that is down is not asked for each object


@dataclass(frozen=True, slots=True)
class Outcome:
    """The cluster's objects as they are by now, and what is wrong, if anything.

    `failure` is raised once that was reported, so that it is tried again soon.
    """

    children: Mapping[Identity, Object]
    problem: Problem | None = None
    failure: ApiError | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One write to `target`, which `act` returns as it became; nothing follows before one that `is_first`."""

    target: Object
    act: Callable[[], Awaitable[Object | None]]
    what: str = ""
    is_first: bool = False


class _NameTaken(Rejected):
    """Somebody else has an object of that name."""


class Writer:
    """Writes what plans say; `note` is told of every object as it became, `make_text` makes passwords."""

    def __init__(self, api: Api, note: Callable[[Iterable[Object]], None], make_text: Callable[[], str]) -> None:
        self._api = api
        self._note = note
        self._make_text = make_text

    async def write(self, cluster: CustomResource, plan: Plan, observed: Observed) -> Outcome:
        """Write all that can be written; raise Unavailable when the server wants to be left alone for now."""
        children = dict(observed.children)
        problems: list[Problem] = []
        failures: list[ApiError] = []
        for step in self._list_steps(cluster, plan, observed):
            try:
                _update(children, step.target, await step.act())
            except (Rejected, Conflict, Failed) as error:
                problems.append(_explain(step, error))
                failures += [] if isinstance(error, Rejected) else [error]
                if step.is_first or len(failures) == MOST_FAILURES:
                    break
        problems.sort(key=lambda problem: problem.passes)
        return Outcome(children, next(iter(problems), None), next(iter(failures), None))

    def _list_steps(self, cluster: CustomResource, plan: Plan, observed: Observed) -> Iterable[_Step]:
        for secret in plan.generate:
            target = {"kind": SECRET.name, "metadata": secret.metadata}
            yield _Step(target, partial(self._generate, cluster, secret), is_first=True)
        for manifest in plan.create:
            yield _Step(manifest, partial(self._create, cluster, manifest))
        for manifest in (*plan.apply, *(repair.manifest for repair in plan.repair)):
            there = observed.children[identify(manifest)]
            yield _Step(manifest, partial(self._apply, cluster, manifest, there))
        for child in plan.delete:
            yield _Step(child, partial(self._api.delete, find_kind(child), child), "the deletion of ")

    async def _generate(self, cluster: CustomResource, secret: GeneratedSecret) -> None:
        manifest = fill_secret(secret, self._make_text)
        with suppress(Conflict):  # it exists, which is all that is wanted
            await self._api.create(SECRET, cluster.key.namespace, manifest)

    async def _create(self, cluster: CustomResource, manifest: Manifest) -> Object:
        """Apply a manifest of which we own no object, unless somebody else has one of its name."""
        there = await self._api.get(find_kind(manifest), cluster.key.namespace, manifest["metadata"]["name"])
        if there is not None and not is_owned(there, cluster.uid):
            raise _NameTaken(f"{describe(there)} exists and is not this cluster's: delete or rename it")
        return await self._apply(cluster, manifest, there)

    async def _apply(self, cluster: CustomResource, manifest: Manifest, there: Object | None) -> Object:
        applied = await self._force(cluster, manifest, there)
        self._note([applied])
        return applied

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


def _update(children: dict[Identity, Object], target: Object, now: Object | None) -> None:
    if now is None:
        children.pop(identify(target), None)
    else:
        children[identify(target)] = now


def _explain(step: _Step, error: ApiError) -> Problem:
    what = f"{step.what}{describe(step.target)}"
    match error:
        case _NameTaken():
            return Problem("NameTaken", str(error))
        case Rejected():
            return Problem("Rejected", f"{what} was refused: {error}")
        case Conflict():
            return Problem("Conflict", f"{what} met a change by somebody else and is tried again: {error}")
        case _:
            return Problem("Unavailable", f"{what} failed and is tried again: {error}")
