"""What has to be written so that a cluster's objects become what its rendering says. Pure.

A child that has every desired field, and was applied from the very same manifest, is left out: it costs no request.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from . import names
from .desired import GeneratedSecret, Manifest, Rendering
from .difference import find_difference
from .kinds import Object
from .rollout import has_rolled_out
from .setup_job import Setup

MANIFEST_ANNOTATION: Final = f"{names.GROUP}/manifest-hash"

Identity = tuple[str, str]  # kind and name; the namespace is the cluster's


@dataclass(frozen=True, slots=True)
class Observed:
    """What the cluster owns now: its objects, and the names of Secrets that are not to be made, as they are there."""

    children: Mapping[Identity, Object]
    secrets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Repair:
    """A manifest to apply again because somebody changed the object; `field` is the first that differs."""

    manifest: Manifest
    field: str


@dataclass(frozen=True, slots=True)
class Plan:
    """In this order: Secrets to make, manifests of new, of changed and of tampered objects, and objects to delete."""

    generate: tuple[GeneratedSecret, ...] = ()
    create: tuple[Manifest, ...] = ()
    apply: tuple[Manifest, ...] = ()
    repair: tuple[Repair, ...] = ()
    delete: tuple[Object, ...] = ()


def identify(manifest: Object) -> Identity:
    """Return kind and name."""
    return manifest["kind"], manifest["metadata"]["name"]


def make_plan(rendering: Rendering, observed: Observed, setup: Setup, previous: Rendering | None = None) -> Plan:
    """Return what to write; until the setup is done, the workloads stay as `previous` has them.

    What is no longer wanted is deleted only when no pod is left that was made before, and may still read it.
    """
    wanted = [stamp(manifest) for manifest in (*rendering.base, *_choose_later(rendering, setup, previous))]
    present = [(manifest, observed.children.get(identify(manifest))) for manifest in wanted]
    existing = [(manifest, child) for manifest, child in present if child is not None and not _is_job(manifest)]
    return Plan(
        generate=tuple(secret for secret in rendering.generated if secret.name not in observed.secrets),
        create=tuple(manifest for manifest, child in present if child is None),
        apply=tuple(manifest for manifest, child in existing if not _came_from(manifest, child)),
        repair=tuple(_list_repairs(existing)),
        delete=tuple(_list_unwanted(rendering, observed, setup)),
    )


def stamp(manifest: Manifest) -> Manifest:
    """Return the manifest with its own hash, by which a field that it no longer has is noticed."""
    digest = sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), MANIFEST_ANNOTATION: digest}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _choose_later(rendering: Rendering, setup: Setup, previous: Rendering | None) -> tuple[Manifest, ...]:
    if setup.lets_change:
        return rendering.workloads
    job = () if setup.state == "expired" or rendering.setup is None else (rendering.setup,)
    return (*job, *_hold(rendering, previous))


def _hold(rendering: Rendering, previous: Rendering | None) -> tuple[Manifest, ...]:
    """Return the workloads of before, after what they need that is no longer wanted, such as their config."""
    if previous is None:
        return ()
    wanted = {identify(manifest) for manifest in rendering.base}
    return (*(manifest for manifest in previous.base if identify(manifest) not in wanted), *previous.workloads)


def _list_repairs(existing: Iterable[tuple[Manifest, Object]]) -> Iterable[Repair]:
    for manifest, child in existing:
        if _came_from(manifest, child) and (field := find_difference(manifest, child)) is not None:
            yield Repair(manifest, field)


def _list_unwanted(rendering: Rendering, observed: Observed, setup: Setup) -> Iterable[Object]:
    kept = {identify(manifest) for manifest in (*rendering.base, *rendering.workloads)}
    if setup.state != "expired" and rendering.setup is not None:
        kept.add(identify(rendering.setup))
    is_settled = setup.lets_change and all(_has_arrived(manifest, observed) for manifest in rendering.workloads)
    for identity, child in observed.children.items():
        if identity not in kept and "deletionTimestamp" not in child["metadata"] and (is_settled or _is_job(child)):
            yield child


def _has_arrived(manifest: Manifest, observed: Observed) -> bool:
    """Say whether the object is what the manifest says and, if it has pods, so are all of them."""
    child = observed.children.get(identify(manifest))
    if child is None or not _came_from(stamp(manifest), child):
        return False
    return child["kind"] != "Deployment" or has_rolled_out(child)


def _came_from(manifest: Manifest, child: Object) -> bool:
    stamped: str = manifest["metadata"]["annotations"][MANIFEST_ANNOTATION]
    return bool(child["metadata"].get("annotations", {}).get(MANIFEST_ANNOTATION) == stamped)


def _is_job(manifest: Object) -> bool:
    """A Job's template cannot be changed, and its name says what it was made from."""
    return bool(manifest["kind"] == "Job")
