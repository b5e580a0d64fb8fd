"""The NATS servers: a StatefulSet whose members find each other before they are ready, and leave without a jolt."""

from typing import Any, Final

from ..names import CONFIG_ANNOTATION
from ..resources import ResourcesSpec
from ..spec import ClusterSpec, NatsSpec
from .config import CLIENT_PORT
from .digest import digest
from .disruption import render_disruption_budgets
from .generated import GeneratedSecret
from .metadata import Owner, render_account, render_config_map
from .nats_files import (
    CLUSTER_PORT,
    FILE,
    LAME_DUCK,
    MONITORING_PORT,
    STORE,
    list_included_files,
    list_nats_entries,
    render_nats_file,
)
from .pod import Container, Pod, read_field, render_pod
from .probe import render_http_probes
from .volume import DATA, VolumeClaim, render_retention, render_volume_claim

_FOLDER: Final = "/etc/nats"
_PID: Final = "/tmp/nats.pid"  # noqa: S108 - in the pod's own folder
_RESOURCES: Final = ResourcesSpec(requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "2", "memory": "1Gi"})
_MIN_READY: Final = 10  # seconds for a server to catch up before the next one leaves
_PORTS: Final = {"client": CLIENT_PORT, "cluster": CLUSTER_PORT, "monitor": MONITORING_PORT}
# Peers and clients reach a server that runs, whether or not its streams have caught up.
_READY: Final = "/healthz?js-server-only=true"
_ALIVE: Final = "/healthz?js-enabled-only=true"
# A server that lost its volume must not return under the name of the one that the others removed: the name ends in
# what is stored on the volume. The rename makes it appear whole or not at all.
_START: Final = f"""\
set -eu
if [ ! -s {STORE}/server-suffix ]; then
  cut -c 1-8 /proc/sys/kernel/random/uuid > {STORE}/server-suffix.new
  mv {STORE}/server-suffix.new {STORE}/server-suffix
fi
exec nats-server --config {_FOLDER}/{FILE} --pid {_PID} --name "$POD_NAME-$(cat {STORE}/server-suffix)"
"""


def render_nats_secret(owner: Owner, cluster: ClusterSpec) -> GeneratedSecret:
    """Return the Secret with everyone's passwords."""
    name = owner.names.nats_users
    return GeneratedSecret(owner.describe("nats", name), list_nats_entries(owner.names, cluster.nats))


def render_nats(owner: Owner, cluster: ClusterSpec, image: str) -> tuple[dict[str, Any], ...]:
    """Return account, config, headless Service, StatefulSet and, for several servers, their disruption budget."""
    name, file = owner.names.nats, render_nats_file(owner.names, cluster.nats)
    pods = 0 if cluster.hibernate else cluster.nats.servers
    return (
        render_account(owner, "nats", name),
        render_config_map(owner, "nats", name, {FILE: file}),
        _render_service(owner),
        _render_stateful_set(owner, cluster, image, file),
        *render_disruption_budgets(owner, "nats", name, pods),
    )


def _render_service(owner: Owner) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owner.describe("nats", owner.names.nats),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": owner.select("nats"),
            "ports": [
                {"name": port, "port": number, "targetPort": port, "protocol": "TCP"} for port, number in _PORTS.items()
            ],
        },
    }


def _render_stateful_set(owner: Owner, cluster: ClusterSpec, image: str, file: str) -> dict[str, Any]:
    nats, name = cluster.nats, owner.names.nats
    pod = Pod(
        component="nats",
        account=name,
        grace_period=2 * LAME_DUCK,
        volumes=(_render_files(owner, nats),),
        annotations={CONFIG_ANNOTATION: digest(file)},
    )
    claim = VolumeClaim(nats.storage, nats.storage_class, keep=nats.keep_storage)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": owner.describe("nats", name),
        "spec": {
            "replicas": 0 if cluster.hibernate else nats.servers,
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            **({"minReadySeconds": _MIN_READY} if nats.servers > 1 else {}),
            "revisionHistoryLimit": 3,
            "persistentVolumeClaimRetentionPolicy": render_retention(claim),
            "selector": {"matchLabels": owner.select("nats")},
            "template": render_pod(owner, pod, _make_container(nats, image)),
            "volumeClaimTemplates": [render_volume_claim(owner, "nats", claim)],
        },
    }


def _make_container(nats: NatsSpec, image: str) -> Container:
    return Container(
        name="nats",
        image=image,
        resources=_RESOURCES,
        command=("/bin/sh", "-c", _START),
        env=(read_field("POD_NAME", "metadata.name"), {"name": "GOMEMLIMIT", "value": "800MiB"}),
        ports=_PORTS,
        mounts={DATA: STORE, "config": _FOLDER},
        writable=frozenset({DATA}),
        probes={
            **render_http_probes("monitor", started="/healthz", ready=_READY, alive=_ALIVE),
            **_move_clients_first(nats),
        },
    )


def _move_clients_first(nats: NatsSpec) -> dict[str, Any]:
    if nats.servers == 1:  # clients have nowhere to go: the sooner the server is back, the better
        return {}
    return {"lifecycle": {"preStop": {"exec": {"command": ["nats-server", "--signal", f"ldm={_PID}"]}}}}


def _render_files(owner: Owner, nats: NatsSpec) -> dict[str, Any]:
    secrets = [{"key": file, "path": file} for file in list_included_files(nats)]
    return {
        "name": "config",
        "projected": {
            "defaultMode": 0o440,
            "sources": [
                {"configMap": {"name": owner.names.nats, "items": [{"key": FILE, "path": FILE}]}},
                {"secret": {"name": owner.names.nats_users, "items": secrets}},
            ],
        },
    }
