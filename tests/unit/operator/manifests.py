"""The clusters whose manifests are kept as golden files; `python -m tests.unit.operator.manifests` writes them anew."""

from pathlib import Path
from typing import Any

import yaml

from notification_operator.desired import GeneratedSecret, Inputs, Manifest, Rendering, render
from notification_operator.spec import ClusterSpec, derive_cluster, parse_document

from .clusters import AUTHORIZER, CHANNELS, EMAIL, EMBEDDED, GOLDEN, SAMPLES, TOPICS, derive

FOLDER = GOLDEN / "manifests"
KEY = {"id": "main", "algorithm": "RS256", "secretRef": {"name": "jwt", "key": "public.pem"}}

CLUSTERS: dict[str, dict[str, Any]] = {
    "an-image-of-its-own": {"image": "registry.example:5000/team/workloads:2"},
    "autoscaling": {
        "gateway": {"autoscaling": {"minReplicas": 2, "maxReplicas": 6, "connectionsPerGateway": 8000}},
        "worker": {"autoscaling": {"maxReplicas": 3}},
        "database": {**EMBEDDED, "pool": {"max": 8}},
    },
    "channels": {"channels": CHANNELS},
    "channels-with-a-key-of-its-own": {
        "channels": {"email": {**EMAIL, "unsubscribeKeySecretRef": {"name": "links", "key": "key"}}}
    },
    "cloudnativepg": {"database": {"cloudNativePG": {"cluster": "pg"}}},
    "concurrency-and-pool": {
        "worker": {"replicas": 2, "concurrency": {"high": 1, "normal": 2, "low": 3}},
        "database": {"secretRef": {"name": "pg"}, "pool": {"min": 1, "max": 4}},
    },
    "five-nats-servers": {"nats": {"servers": 5, "syncInterval": "always"}},
    "hibernating": {"hibernate": True, "nats": {"servers": 3}},
    "keys-at-an-address": {"demo": False, "auth": {"jwksUrl": "https://id.example/.well-known/jwks.json"}},
    "keys-of-several-secrets": {
        "demo": False,
        "auth": {
            "issuer": "https://id.example",
            "audience": "app",
            "keys": [
                KEY,
                {"id": "next", "algorithm": "EdDSA", "secretRef": {"name": "jwt", "key": "next.pem"}},
                {"id": "own", "algorithm": "HS256", "secretRef": {"name": "own", "key": "secret"}},
            ],
        },
    },
    "limits-and-origins": {
        "limits": {
            "producers": {"perMinute": 6000, "burst": 200},
            "connectionsPerUser": 3,
            "sendsPerMinute": 20,
            "broadcastsPerMinute": 5,
        },
        "gateway": {"cors": {"origins": ["https://app.example", "http://localhost:3000"]}},
    },
    "load-balancer": {
        "gateway": {
            "service": {
                "type": "LoadBalancer",
                "loadBalancerClass": "example.com/internal",
                "externalTrafficPolicy": "Local",
                "annotations": {"example.com/idle-timeout": "3600"},
            }
        }
    },
    "monitoring": {
        "monitoring": {"logLevel": "debug", "tracing": {"endpoint": "http://collector.tracing:4318", "sampleRatio": 0}}
    },
    "pods-in-their-place": {
        "gateway": {
            "podTemplate": {
                "labels": {"team": "messaging", "app.kubernetes.io/name": "ours-wins"},
                "annotations": {"example.com/note": "hello"},
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "sockets", "effect": "NoSchedule"}],
                "priorityClassName": "high",
                "imagePullSecrets": [{"name": "registry"}],
            }
        },
        "worker": {"podTemplate": {"imagePullSecrets": [{"name": "registry"}]}},
    },
    "read-replica": {
        "database": {
            "secretRef": {"name": "pg"},
            "replicas": {"secretRef": {"name": "readers"}},
            "retentionDays": 30,
        }
    },
    "resources": {
        "gateway": {"resources": {"requests": {"cpu": 2, "memory": "2Gi"}, "limits": {"ephemeral-storage": "1Gi"}}},
        "worker": {"resources": {"limits": {"cpu": "20m", "memory": "64Mi"}}},
    },
    "single": {"gateway": {"replicas": 1}, "worker": {"replicas": 1}},
    "slow-drain": {
        "gateway": {"replicas": 8, "connectionLimit": 20_000, "drain": {"maxReconnectsPerSecond": 100}},
        "database": {"secretRef": {"name": "pg"}},
    },
    "storage-that-stays": {
        "nats": {"servers": 3, "storage": {"size": "20Gi", "className": "fast", "whenDeleted": "Retain"}}
    },
    "topics": {"auth": {"authorizer": AUTHORIZER}, "topics": TOPICS},
}
NAMES = ("demo", "production", *CLUSTERS)


def derive_named(name: str) -> ClusterSpec:
    """The cluster of a golden file: one of CLUSTERS, or a sample."""
    if name in CLUSTERS:
        return derive(**CLUSTERS[name])
    return derive_cluster(parse_document((SAMPLES / f"{name}.yaml").read_bytes()))


def render_cluster(cluster: ClusterSpec, **changes: Any) -> Rendering:
    """What it consists of, in the namespace `team`."""
    return render(cluster, Inputs(**{"name": cluster.name, "namespace": "team", "uid": "0a1b", **changes}))


def list_manifests(rendering: Rendering) -> list[Manifest]:
    """All of it but generated Secrets, in the order of application."""
    setup = [rendering.setup] if rendering.setup else []
    return [*rendering.base, *setup, *rendering.workloads]


def list_pods(rendering: Rendering) -> dict[str, Any]:
    """The templates of all pods, by the kind and name of what makes them."""
    makers = [manifest for manifest in list_manifests(rendering) if "template" in manifest.get("spec", {})]
    return {f"{maker['kind']} {maker['metadata']['name']}": maker["spec"]["template"] for maker in makers}


def read_config_maps(rendering: Rendering) -> dict[str, str]:
    """The texts of all config files, by their names."""
    return {
        file: text
        for manifest in rendering.base
        if manifest["kind"] == "ConfigMap"
        for file, text in manifest["data"].items()
    }


def write_rendering(rendering: Rendering) -> str:
    """It as YAML, with the entries of generated Secrets in place of their texts."""
    secrets = [_describe(secret) for secret in rendering.generated]
    return yaml.dump_all(
        [*secrets, *list_manifests(rendering)], Dumper=_Dumper, sort_keys=False, width=120, default_flow_style=None
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _write_text)


def _describe(secret: GeneratedSecret) -> dict[str, Any]:
    entries = [{"key": entry.key, "kind": entry.kind, "text": entry.text} for entry in secret.entries]
    return {"kind": "Secret", "metadata": secret.metadata, "generated": entries}


def write_golden_files(folder: Path = FOLDER) -> None:
    """Accept what is rendered now."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        (folder / f"{name}.yaml").write_text(write_rendering(render_cluster(derive_named(name))))


if __name__ == "__main__":
    write_golden_files()
