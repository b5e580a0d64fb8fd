"""Every version that a cluster is made of. KUBERNETES_VERSION in the environment chooses another Kubernetes."""

import os
import re

from tests.cluster.errors import CannotRun

GO = (1, 26)
ETCD = "3.7.3"
CONTAINERD = "2.4.2"
CNI_PLUGINS = "1.9.1"
COREDNS = "1.15.0"
HELM = "4.3.1"
KIND = "0.33.0"

DEFAULT_KUBERNETES = "1.36.3"


def kubernetes() -> str:
    """The version of Kubernetes, such as 1.36.3, without a leading v."""
    wish = os.environ.get("KUBERNETES_VERSION") or DEFAULT_KUBERNETES
    if not re.fullmatch(r"v?1\.\d+\.\d+", wish):
        raise CannotRun(f"KUBERNETES_VERSION={wish} is no version of Kubernetes: write it like {DEFAULT_KUBERNETES}")
    return wish.removeprefix("v")


def staging(version: str) -> str:
    """The version under which Kubernetes `version` publishes its libraries: 0.36.3 for 1.36.3."""
    return f"0.{version.removeprefix('1.')}"
