"""A node: containerd, kubelet, kube-proxy and their configuration. Pure."""

import json

from tests.cluster.control_plane import SECONDS_WITHOUT_LEASE
from tests.cluster.shape import CLUSTER_DNS, MACHINE, PODS, Machine

PAUSE_IMAGE = "localhost/pause:1"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CNI_FOLDER = MACHINE / "cni"


def node_components(node: Machine) -> dict[str, list[str]]:
    """The commands of a node's machine, by name."""
    return {
        "containerd": ["containerd", f"--config={MACHINE}/containerd.toml"],
        "kubelet": [
            "kubelet",
            f"--config={MACHINE}/kubelet.json",
            f"--kubeconfig={MACHINE}/kubelet.kubeconfig",
            f"--node-ip={node.address}",
            f"--node-labels=topology.kubernetes.io/zone={node.zone}",
        ],
        "kube-proxy": ["kube-proxy", f"--config={MACHINE}/kube-proxy.json"],
    }


def node_files(node: Machine, plugins: str) -> dict[str, str]:
    """The configuration files of a node, by their path in its folder; CNI `plugins` lie in that folder."""
    return {
        "containerd.toml": containerd(plugins),
        "kubelet.json": json.dumps(kubelet(node)),
        "kube-proxy.json": json.dumps(kube_proxy()),
        "cni/10-pods.conflist": json.dumps(pod_network(node)),
    }


def containerd(plugins: str) -> str:
    """containerd's configuration."""
    # This root may be one that may not lower oom_score_adj; unrestricted, runc then starts no pod at all and says
    # "can't get final child's PID from pipe: EOF".
    return f"""\
version = 3
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{plugins}"]
conf_dir = "{CNI_FOLDER}"
use_internal_loopback = true
"""


def send(signal: str, container: str) -> list[str]:
    """The command by which containerd sends a signal to the first process of a pod's container."""
    return ["ctr", "--namespace=k8s.io", "tasks", "kill", f"--signal={signal}", container]


def pod_network(node: Machine) -> dict[str, object]:
    """How a pod is connected: a link of its own to its node, which routes. Nothing is translated on the way."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(node.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses}]}


def kubelet(node: Machine) -> dict[str, object]:
    """The kubelet's configuration."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{MACHINE}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": node.cgroup,
        "clusterDNS": [str(CLUSTER_DNS)],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "evictionHard": {"imagefs.available": "1%", "memory.available": "100Mi", "nodefs.available": "1%"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,  # never: images come from archives, and none could be pulled again
        "nodeLeaseDurationSeconds": SECONDS_WITHOUT_LEASE,
        "resolvConf": "",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
    }


def kube_proxy() -> dict[str, object]:
    """kube-proxy's configuration."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": f"{MACHINE}/kube-proxy.kubeconfig"},
        "clusterCIDR": str(PODS),
        "conntrack": {"maxPerCore": 0},  # the table is the whole kernel's
    }
