"""Who is who in a new cluster: certificates and kubeconfigs, each in the folder of the machine that needs it."""

from tests.cluster.certificates import Authority, KeyPair, make_key_pair
from tests.cluster.kubeconfig import render_kubeconfig
from tests.cluster.shape import SERVICES, Machine, Shape
from tests.support.secret import write_secret

ADMINISTRATORS = "system:masters"


def write_credentials(shape: Shape) -> None:
    """Make a new certificate authority and write everyone's credentials."""
    authority = Authority()
    write_control_plane(shape, authority)
    for node in shape.nodes:
        write_node(shape, node, authority)
    administrator = authority.issue("administrator", (ADMINISTRATORS,))
    write_secret(shape.kubeconfig, render_kubeconfig(shape.server, authority.pair.public, administrator))


def write_control_plane(shape: Shape, authority: Authority) -> None:
    """The keys of the API server and of whom it trusts, and the kubeconfigs of its neighbours."""
    machine = shape.control_plane
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    served_as = (*names, str(machine.address), str(SERVICES[1]), "127.0.0.1")
    write_pair(machine, "ca", authority.pair)
    write_pair(machine, "api-server", authority.issue("kube-apiserver", names=served_as))
    write_pair(machine, "kubelet-client", authority.issue("kube-apiserver-kubelet-client"))
    write_pair(machine, "tokens", make_key_pair())
    write_pair(machine, "volumes", authority.issue("volume-provisioner"))
    for name in ("controller-manager", "scheduler"):
        write_kubeconfig(shape, machine, name, authority, authority.issue(f"system:kube-{name}"))


def write_node(shape: Shape, node: Machine, authority: Authority) -> None:
    """The kubeconfigs of a node's kubelet and kube-proxy, and the authority they trust."""
    write_pair(node, "ca", KeyPair("", authority.pair.public))
    kubelet = authority.issue(f"system:node:{node.name}", ("system:nodes",))
    write_kubeconfig(shape, node, "kubelet", authority, kubelet)
    write_kubeconfig(shape, node, "kube-proxy", authority, authority.issue("system:kube-proxy"))


def write_pair(machine: Machine, name: str, pair: KeyPair) -> None:
    """Write a key, if there is one, and its public half below the machine's pki folder."""
    folder = machine.folder / "pki"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.crt").write_text(pair.public)
    if pair.key:
        write_secret(folder / f"{name}.key", pair.key)


def write_kubeconfig(shape: Shape, machine: Machine, name: str, authority: Authority, client: KeyPair) -> None:
    """Write a kubeconfig into the machine's folder."""
    text = render_kubeconfig(shape.server, authority.pair.public, client)
    write_secret(machine.folder / f"{name}.kubeconfig", text)
