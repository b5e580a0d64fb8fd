"""Objects that the tests apply: pods of the probe, which satisfy the restricted standard."""

from typing import Any

LABELS = {"app": "probe"}
ZONE = "topology.kubernetes.io/zone"


def probe_pod(image: str, *arguments: str, **spec: Any) -> dict[str, Any]:
    """The template of a pod that runs the probe; `spec` adds to its spec."""
    return {
        "metadata": {"labels": LABELS},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": True, "fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [probe_container(image, *arguments)],
            **spec,
        },
    }


def probe_container(image: str, *arguments: str) -> dict[str, Any]:
    """A container that runs the probe with `arguments`, or serves, with as few rights as the standard wants."""
    return {
        "name": "probe",
        "image": image,
        "args": list(arguments) or ["serve"],
        **({} if arguments else {"readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}}),
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def lone_pod(namespace: str, name: str, template: dict[str, Any]) -> dict[str, Any]:
    """A pod made of `template` alone; it is no pod of any Service here."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def spread_deployment(namespace: str, image: str, replicas: int = 3) -> dict[str, Any]:
    """A Deployment whose pods serve, one in each zone."""
    spread = {
        "maxSkew": 1,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": LABELS},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": probe_pod(image, topologySpreadConstraints=[spread]),
        },
    }


def service(namespace: str, kind: str = "ClusterIP") -> dict[str, Any]:
    """A Service of the pods of the probe, on port 80."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"type": kind, "selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def stateful_set(namespace: str, image: str) -> dict[str, Any]:
    """A StatefulSet of one pod with a volume at /data."""
    template = probe_pod(image)
    template["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "store", "namespace": namespace},
        "spec": {
            "serviceName": "store",
            "selector": {"matchLabels": LABELS},
            "template": template,
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        },
    }
