"""The workloads' config files, and the one volume by which they and the secrets that they name reach a pod.

Everything lies below /etc/notifications: `gateway.json` or `worker.json`, and each secret at `secrets/SECRET/ENTRY`. A
pod sees only the entries that its role needs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..channels import needs_unsubscribe_key
from ..names import SECRETS_ANNOTATION, Names
from ..nats_config import PERMISSIONS
from ..secret_reference import (
    URI,
    SecretReference,
    list_database_references,
    list_role_references,
)
from ..spec import ClusterSpec
from ..workload_config import Surroundings, list_auth_keys, render_gateway_config, render_worker_config
from .digest import digest
from .inputs import Inputs

FOLDER: Final = "/etc/notifications"
VOLUME: Final = "config"
KEY_ENTRY: Final = "key"  # of generated Secrets
CLIENT_PORT: Final = 4222
_MODE: Final = 0o440  # owner and fsGroup, which is the only group of the pods

Role = Literal["gateway", "worker"]


@dataclass(frozen=True, slots=True)
class Config:
    """The config of one role, and the Secrets whose entries it names, generated ones included.

    `config_map` is named by what the file holds, so that another config never reaches pods that were made for this one:
    theirs is what their template mounts, however late they restart.
    """

    role: Role
    config_map: str
    content: Mapping[str, Any]
    secrets: tuple[SecretReference, ...]
    annotations: Mapping[str, str]

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.role}.json"

    @property
    def path(self) -> str:
        """Where the pod finds it."""
        return f"{FOLDER}/{self.file}"

    @property
    def text(self) -> str:
        """What the file holds."""
        return _write(self.content)


def render_config(role: Role, cluster: ClusterSpec, inputs: Inputs) -> Config:
    """Return the config of the gateways or of the workers."""
    names, is_gateway = Names(inputs.name), role == "gateway"
    render = render_gateway_config if is_gateway else render_worker_config
    content = render(cluster, _look_around(cluster, names))
    given = (*list_database_references(cluster), *list_role_references(role, cluster))
    versions = {reference.name: inputs.secret_versions.get(reference.name, "") for reference in given}
    return Config(
        role=role,
        config_map=f"{names.gateway if is_gateway else names.worker}-{digest(_write(content))}",
        content=content,
        secrets=tuple(_list_secrets(role, cluster, names)),
        # Keys and addresses are read once, when a process starts: another version of them needs new pods. Secrets of
        # providers are read anew, but one that cannot be used is to hold up a rollout, not to stand in a log.
        annotations={SECRETS_ANNOTATION: digest(versions)},
    )


def render_config_volume(config: Config) -> dict[str, Any]:
    """Return the volume that holds the config file and the secrets that it names."""
    sources: list[dict[str, Any]] = [
        {"configMap": {"name": config.config_map, "items": [{"key": config.file, "path": config.file}]}},
        *(_project(reference) for reference in _merge(config.secrets)),
    ]
    return {"name": VOLUME, "projected": {"defaultMode": _MODE, "sources": sources}}


def locate(secret: str, entry: str) -> str:
    """Return the path of an entry of a Secret."""
    return f"{FOLDER}/{_locate_below(secret, entry)}"


def _write(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _look_around(cluster: ClusterSpec, names: Names) -> Surroundings:
    return Surroundings(
        postgres_uri=locate(cluster.database.secret or names.postgres, URI),
        nats_servers=tuple(
            f"nats://{names.nats_server(ordinal)}:{CLIENT_PORT}" for ordinal in range(cluster.nats.servers)
        ),
        nats_replicas=cluster.nats.servers,
        nats_passwords={role: locate(names.nats_users, role) for role in PERMISSIONS},
        auth_keys={
            key.id: locate(key.secret or names.jwt_demo, key.entry or KEY_ENTRY) for key in list_auth_keys(cluster.auth)
        },
        replica_uri=locate(cluster.database.replica_secret, URI) if cluster.database.replica_secret else None,
        channel_file=lambda secret, entry: locate(secret or names.unsubscribe, entry or KEY_ENTRY),
    )


def _list_secrets(role: Role, cluster: ClusterSpec, names: Names) -> Iterator[SecretReference]:
    yield from list_database_references(cluster) or (_refer(names.postgres, URI),)
    yield _refer(names.nats_users, role)
    yield from list_role_references(role, cluster)
    if role == "gateway" and cluster.auth.demo_key:
        yield _refer(names.jwt_demo, KEY_ENTRY)
    if needs_unsubscribe_key(cluster.channels):
        yield _refer(names.unsubscribe, KEY_ENTRY)


def _refer(generated: str, entry: str) -> SecretReference:
    return SecretReference("", generated, (entry,))


def _merge(references: Iterable[SecretReference]) -> list[SecretReference]:
    """Return one for each Secret: keys may share a Secret, and even an entry, which is mounted once."""
    merged: dict[tuple[str, bool], dict[str, None]] = {}
    for reference in references:
        merged.setdefault((reference.name, reference.optional), {}).update(dict.fromkeys(reference.entries))
    return [SecretReference("", name, tuple(entries), optional) for (name, optional), entries in merged.items()]


def _project(reference: SecretReference) -> dict[str, Any]:
    items = [{"key": entry, "path": _locate_below(reference.name, entry)} for entry in reference.entries]
    source = {"name": reference.name, "items": items}
    return {"secret": {**source, "optional": True} if reference.optional else source}


def _locate_below(secret: str, entry: str) -> str:
    return f"secrets/{secret}/{entry}"
