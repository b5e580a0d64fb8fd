"""One pass over one cluster: observe, render, plan, write, report. It starts from what is, whatever happened before."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from .blueprint import Blueprint
from .custom_resource import CustomResource, Key
from .desired import Inputs, Rendering
from .errors import ApiError, InvalidSpec, Rejected
from .hearing import Hearing
from .images import Images, choose_image
from .kept_rendering import Kept, KeptRenderings
from .kinds import CHILDREN, CLUSTER, EVENT, SECRET, Object, is_owned
from .kubernetes import Api
from .lost_secret import Search, is_going, judge_secrets
from .notice import list_notices, write_notice
from .plan import Observed, Plan, identify, make_plan
from .problem import Problem
from .secret_reference import SecretReference, list_secret_references
from .setup_job import Setup, judge_setup
from .spec import ClusterSpec
from .status import Facts, build_status, list_changes
from .superseded import explain_superseded_images
from .writer import Writer

GOING_RETRY: Final = 2.0
SECRET_RETRY: Final = 15.0
SETUP_RETRY: Final = 30.0
RESYNC: Final = 300.0
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did and found: `again` is in how many seconds to look again at the latest.

    `failure` is raised once everything was reported, so that the next pass comes soon.
    """

    facts: Facts
    plan: Plan = field(default_factory=Plan)
    again: float = RESYNC
    failure: ApiError | None = None


class Reconciler:
    """Makes clusters what their specs say."""

    def __init__(
        self,
        api: Api,
        blueprint: Blueprint,
        hearing: Hearing,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        make_text: Callable[[], str] = lambda: secrets.token_urlsafe(SECRET_BYTES),
    ) -> None:
        self._api = api
        self._blueprint = blueprint
        self._hearing = hearing
        self._now = now
        self._writer = Writer(api, self._note, make_text)
        self._kept = KeptRenderings(api)

    async def reconcile(self, key: Key) -> float | None:
        """Do one pass; return in how many seconds to look again, or None when the cluster is gone."""
        raw = await self._api.get(CLUSTER, key.namespace, key.name)
        if raw is None or CustomResource(raw).is_deleted:
            self._kept.forget(key)
            return None
        self._note([raw])
        cluster = CustomResource(raw)
        done = await self._settle(cluster)
        await self._report(cluster, done)
        if done.failure is not None:
            raise done.failure
        return done.again

    async def _settle(self, cluster: CustomResource) -> Pass:
        observed = await self._observe(cluster)
        facts = Facts(observed.children)
        if cluster.is_paused:
            return Pass(facts)
        try:
            spec = cluster.read_spec()
            images = self._choose_images(cluster, spec)
        except InvalidSpec as error:
            return Pass(replace(facts, problem=_explain(error)))
        references = list_secret_references(spec)
        versions = await self._read_versions(cluster, references)
        if missing := [each for each in references if not versions[each.name]]:
            return Pass(replace(facts, problem=_miss(cluster, missing[0])), again=SECRET_RETRY)
        inputs = Inputs(
            name=cluster.key.name,
            namespace=cluster.key.namespace,
            uid=cluster.uid,
            images=images,
            secret_versions=versions,
            setup_mark=cluster.setup_mark,
            pull_secrets=self._blueprint.pull_secrets,
        )
        try:
            kept = await self._kept.recall(cluster, inputs, lambda: self._blueprint.render(spec, inputs))
        except InvalidSpec as error:  # what the fields allow one by one, and no cluster can be made of
            return Pass(replace(facts, problem=_explain(error)))
        except Rejected as error:
            return Pass(replace(facts, problem=Problem("Rejected", f"the rendering was refused: {error}")))
        return await self._carry_out(cluster, kept, observed, replace(facts, image=kept.rendering.image))

    def _choose_images(self, cluster: CustomResource, spec: ClusterSpec) -> Images:
        images, allowed = self._blueprint.images, self._blueprint.allowed_images
        return replace(images, workloads=choose_image(spec.image, cluster.default_image, images.workloads, allowed))

    async def _observe(self, cluster: CustomResource) -> Observed:
        where, which = cluster.key.namespace, cluster.labels
        lists = await asyncio.gather(*(self._api.list_objects(kind, where, which) for kind in CHILDREN))
        children = [child for found in lists for child in found if is_owned(child, cluster.uid)]
        self._note(children)
        made = await self._api.list_metadata(SECRET, where, which)
        stay = [secret for secret in made if is_owned(secret, cluster.uid) and not is_going(secret, cluster.uid)]
        return Observed(
            {identify(child): child for child in children}, frozenset(secret["metadata"]["name"] for secret in stay)
        )

    async def _look_for_secrets(self, cluster: CustomResource, rendering: Rendering, observed: Observed) -> Search:
        absent = [secret for secret in rendering.generated if secret.name not in observed.secrets]
        where = cluster.key.namespace
        found = [(secret, await self._api.get_metadata(SECRET, where, secret.name)) for secret in absent]
        return judge_secrets(found, observed.children, cluster.uid)

    async def _read_versions(self, cluster: CustomResource, wanted: Iterable[SecretReference]) -> dict[str, str]:
        """Return the resourceVersion of each Secret; empty for one that does not exist."""
        wanted_names = dict.fromkeys(reference.name for reference in wanted)
        found = {name: await self._api.get_metadata(SECRET, cluster.key.namespace, name) for name in wanted_names}
        return {name: secret["metadata"]["resourceVersion"] if secret else "" for name, secret in found.items()}

    async def _carry_out(self, cluster: CustomResource, kept: Kept, observed: Observed, facts: Facts) -> Pass:
        rendering = kept.rendering
        search = await self._look_for_secrets(cluster, rendering, observed)
        if search.waits:
            return Pass(replace(facts, problem=search.problem), again=GOING_RETRY)
        observed = replace(observed, secrets=observed.secrets | search.settled)
        job = observed.children.get(identify(rendering.setup)) if rendering.setup else None
        setup = judge_setup(rendering, cluster.setup_hash, job, self._now())
        if setup.lets_change:
            await self._kept.settle(cluster, kept)
        plan = make_plan(rendering, observed, setup, kept.previous)
        outcome = await self._writer.write(cluster, plan, observed)
        problem = search.problem or outcome.problem
        remark = explain_superseded_images(rendering, self._blueprint.images)
        facts = replace(facts, children=outcome.children, setup=setup, problem=problem, remark=remark)
        return Pass(facts, plan, _choose_delay(setup, problem), outcome.failure)

    async def _report(self, cluster: CustomResource, done: Pass) -> None:
        now = self._now()
        status = build_status(cluster, done.facts, now)
        if changes := list_changes(cluster.status, status):
            await self._api.patch_status(CLUSTER, cluster.raw, changes)
        for notice in list_notices(cluster.status, status, done.plan.repair, cluster.key.name):
            await self._api.apply(EVENT, cluster.key.namespace, write_notice(notice, cluster, now))

    def _note(self, objects: Iterable[Object]) -> None:
        for each in objects:
            metadata: Any = each["metadata"]
            self._hearing.read(metadata["uid"], metadata["resourceVersion"], time.monotonic())


def _explain(error: InvalidSpec) -> Problem:
    return Problem("InvalidSpec", str(error))


def _miss(cluster: CustomResource, missing: SecretReference) -> Problem:
    place = f"namespace {cluster.key.namespace}"
    return Problem(
        "SecretMissing", f"{missing.field} names Secret {missing.name}, which {place} does not have: create it"
    )


def _choose_delay(setup: Setup, problem: Problem | None) -> float:
    if setup.state in ("failed", "expired") or problem is not None:
        return SETUP_RETRY
    return RESYNC
