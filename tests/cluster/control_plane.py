"""The control plane: etcd, API server, scheduler, controllers, and who provides volumes. Pure."""

import sys
from pathlib import Path

from tests.cluster.shape import API_PORT, MACHINE, SERVICES, VOLUMES, Shape

VOLUME_PROVISIONER = Path(__file__).with_name("volumes.py")
SECONDS_WITHOUT_LEASE = 20  # then a node is NotReady; Kubernetes itself waits 50


def control_plane_components(shape: Shape) -> dict[str, list[str]]:
    """The commands of the control plane's machine, by name."""
    return {
        "etcd": etcd(),
        "kube-apiserver": api_server(shape),
        "kube-controller-manager": controller_manager(),
        "kube-scheduler": ["kube-scheduler", f"--kubeconfig={MACHINE}/scheduler.kubeconfig", "--leader-elect=false"],
        "volumes": [sys.executable, "-I", str(VOLUME_PROVISIONER), shape.server, f"{MACHINE}/pki", str(VOLUMES)],
    }


def etcd() -> list[str]:
    """etcd, which may forget all when the host dies: the cluster is one for tests."""
    return ["etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync", "--log-level=warn"]


def api_server(shape: Shape) -> list[str]:
    """The API server, which writes down every request that matters."""
    pki = MACHINE / "pki"
    return [
        "kube-apiserver",
        f"--advertise-address={shape.control_plane.address}",
        f"--secure-port={API_PORT}",
        "--etcd-servers=http://127.0.0.1:2379",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--enable-aggregator-routing=true",  # no kube-proxy runs here, so webhooks are called at their pods
        f"--service-cluster-ip-range={SERVICES}",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/api-server.crt",
        f"--tls-private-key-file={pki}/api-server.key",
        f"--kubelet-client-certificate={pki}/kubelet-client.crt",
        f"--kubelet-client-key={pki}/kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/tokens.crt",
        f"--service-account-signing-key-file={pki}/tokens.key",
        f"--audit-policy-file={MACHINE}/audit-policy.yaml",
        f"--audit-log-path={MACHINE}/log/{shape.audit_log.name}",
        "--audit-log-maxsize=1000000",  # megabytes: one file, never rotated
    ]


def controller_manager() -> list[str]:
    """The controllers, which notice the loss of a node sooner than they do by default."""
    pki = MACHINE / "pki"
    return [
        "kube-controller-manager",
        f"--kubeconfig={MACHINE}/controller-manager.kubeconfig",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki}/tokens.key",
        f"--root-ca-file={pki}/ca.crt",
        f"--cluster-signing-cert-file={pki}/ca.crt",
        f"--cluster-signing-key-file={pki}/ca.key",
        "--allocate-node-cidrs=false",
        "--node-monitor-period=2s",
        f"--node-monitor-grace-period={SECONDS_WITHOUT_LEASE}s",
        "--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins",
    ]
