"""What is built from Go modules: suites of programs, each with a module of its own that requires what it needs.

k8s.io/kubernetes cannot be installed by `go install`: it replaces its staging libraries by folders that its module
leaves out. A module that replaces each by its published version can build it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster import versions

SOURCES = Path(__file__).with_name("sources")


@dataclass(frozen=True, slots=True)
class Suite:
    """Programs that are built together; a package that begins with ./ is a folder of ours."""

    name: str
    modules: dict[str, str]
    packages: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of its programs."""
        return tuple(package.rsplit("/", 1)[1] for package in self.packages)

    @property
    def sources(self) -> tuple[Path, ...]:
        """The folders of ours among its packages."""
        return tuple(SOURCES / package[2:] for package in self.packages if package.startswith("./"))

    @property
    def key(self) -> str:
        """A name that changes with anything that the programs are made from."""
        texts = [path.read_text() for folder in self.sources for path in sorted(folder.iterdir())]
        made_from = json.dumps([asdict(self), texts], sort_keys=True)
        return f"{self.name}-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}"


def kubernetes() -> Suite:
    """Kubernetes itself."""
    version = versions.kubernetes()
    programs = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
    stamp = "k8s.io/component-base/version"
    numbers = {"gitVersion": f"v{version}", "gitMajor": "1", "gitMinor": version.split(".")[1]}
    return Suite(
        name="kubernetes",
        modules={"k8s.io/kubernetes": version},
        packages=tuple(f"k8s.io/kubernetes/cmd/{program}" for program in programs),
        # Without its version Kubernetes calls itself v0.0.0, which clients and charts refuse.
        flags=tuple(f"-X {stamp}.{name}={value}" for name, value in numbers.items()),
    )


def etcd() -> Suite:
    """The store of the control plane."""
    return Suite(name="etcd", modules={"go.etcd.io/etcd/server/v3": versions.ETCD}, packages=("./etcd",))


def companions() -> Suite:
    """What runs beside Kubernetes; in one suite, since all of it shares Kubernetes' client libraries."""
    containerd = "github.com/containerd/containerd/v2"
    plugins = "github.com/containernetworking/plugins"
    return Suite(
        name="companions",
        modules={
            containerd: versions.CONTAINERD,
            plugins: versions.CNI_PLUGINS,
            "github.com/coredns/coredns": versions.COREDNS,
            "helm.sh/helm/v4": versions.HELM,
        },
        packages=(
            *(f"{containerd}/cmd/{program}" for program in ("containerd", "containerd-shim-runc-v2", "ctr")),
            f"{plugins}/plugins/main/ptp",
            f"{plugins}/plugins/ipam/host-local",
            "./coredns",
            "helm.sh/helm/v4/cmd/helm",
        ),
    )


def containers() -> Suite:
    """What runs in containers and needs nothing but Go."""
    return Suite(name="containers", modules={}, packages=("./pause", "./probe"))


def kind() -> Suite:
    """kind, for machines with a container engine."""
    return Suite(name="kind", modules={"sigs.k8s.io/kind": versions.KIND}, packages=("sigs.k8s.io/kind",))


def of_machines() -> tuple[Suite, ...]:
    """All that machines run."""
    return (containers(), etcd(), companions(), kubernetes())
