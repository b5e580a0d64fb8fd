"""What programs are told, in the files that they read."""

import json
import tomllib
from pathlib import Path

import yaml

from tests.cluster.control_plane import control_plane_components
from tests.cluster.node import PAUSE_IMAGE, node_components, node_files
from tests.cluster.shape import CLUSTER_DNS, Shape
from tests.cluster.volumes import PROVISIONER, STORAGE_CLASS

ROOT = Path(__file__).parents[3]
SHAPE = Shape()
FILES = node_files(SHAPE.nodes[1], "/plugins")


def test_containerd_never_removes_the_image_of_sandboxes() -> None:
    plugins = tomllib.loads(FILES["containerd.toml"])["plugins"]
    assert plugins["io.containerd.cri.v1.images"]["pinned_images"]["sandbox"] == PAUSE_IMAGE
    assert plugins["io.containerd.cri.v1.runtime"]["cni"]["bin_dirs"] == ["/plugins"]


def test_pods_of_a_node_get_addresses_of_that_node() -> None:
    (plugin,) = json.loads(FILES["cni/10-pods.conflist"])["plugins"]
    assert plugin["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]


def test_a_node_says_where_it_is() -> None:
    words = node_components(SHAPE.nodes[1])["kubelet"]
    assert "--node-labels=topology.kubernetes.io/zone=zone-b" in words
    assert "--node-ip=172.30.255.12" in words


def test_the_audit_log_is_where_the_shape_says() -> None:
    words = control_plane_components(SHAPE)["kube-apiserver"]
    path = next(word for word in words if word.startswith("--audit-log-path="))
    assert path.endswith(str(SHAPE.audit_log.relative_to(SHAPE.control_plane.folder)))


def test_the_addons_agree_with_the_code() -> None:
    objects = list(yaml.safe_load_all((ROOT / "tests" / "cluster" / "addons.yaml").read_text()))
    found = {item["kind"]: item for item in objects}
    assert found["Service"]["spec"]["clusterIP"] == str(CLUSTER_DNS)
    assert found["StorageClass"]["metadata"]["name"] == STORAGE_CLASS
    assert found["StorageClass"]["provisioner"] == PROVISIONER


def test_kind_makes_the_same_zones_and_writes_the_same_audit_log() -> None:
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    control_plane, *workers = config["nodes"]
    assert [worker["labels"]["topology.kubernetes.io/zone"] for worker in workers] == [
        node.zone for node in SHAPE.nodes
    ]
    (mount,) = control_plane["extraMounts"]
    assert (ROOT / mount["hostPath"]).is_file()
    (patch,) = config["kubeadmConfigPatchesJSON6902"]
    arguments = {change["value"]["name"]: change["value"]["value"] for change in yaml.safe_load(patch["patch"])[:2]}
    assert arguments["audit-policy-file"] == mount["containerPath"]
