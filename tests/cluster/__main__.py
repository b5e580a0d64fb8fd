"""python -m tests.cluster build | up | load IMAGE.tar... | kubeconfig | audit-log | kill NODE | start NODE | down."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cluster.choice import choose_cluster
from tests.cluster.cluster import Cluster
from tests.cluster.errors import CannotRun, ClusterError
from tests.cluster.progress import Progress

TAKE_NAMES = {"load": "IMAGE.tar", "kill": "NODE", "start": "NODE"}


def main() -> int:
    """Carry out a command; 2 for what a person can repair, 1 for other failures."""
    words = read_words()
    try:
        COMMANDS[words.command](choose_cluster(), getattr(words, "names", []))
    except CannotRun as error:
        return complain(error, 2)
    except ClusterError as error:
        return complain(error, 1)
    except KeyboardInterrupt:
        return 130
    return 0


def read_words() -> argparse.Namespace:
    """The command line, understood."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="A Kubernetes for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in COMMANDS.items():
        command = commands.add_parser(name, help=action.__doc__)
        if name in TAKE_NAMES:
            command.add_argument("names", nargs="+", metavar=TAKE_NAMES[name])
    return parser.parse_args()


def build(cluster: Cluster, _: list[str]) -> None:
    """Build every program and image that is not in the cache."""
    progress = Progress()
    cluster.build(progress)
    progress.say("everything is built")


def up(cluster: Cluster, _: list[str]) -> None:
    """Start the cluster, and print for a shell's eval how to use it."""
    progress = Progress()
    cluster.up(progress)
    progress.say("the cluster is up; python -m tests.cluster down removes it")
    folders = dict.fromkeys((cluster.kubectl.parent, cluster.helm.parent))
    print(f"export KUBECONFIG={cluster.kubeconfig} PATH={':'.join(map(str, folders))}:$PATH")


def load(cluster: Cluster, names: list[str]) -> None:
    """Import image archives into every node."""
    archives = list(map(Path, names))
    if missing := [str(archive) for archive in archives if not archive.is_file()]:
        raise CannotRun(f"there is no file {missing[0]}")
    cluster.load(archives)


def print_kubeconfig(cluster: Cluster, _: list[str]) -> None:
    """Print the path of the kubeconfig."""
    print(cluster.kubeconfig)


def print_audit_log(cluster: Cluster, _: list[str]) -> None:
    """Print the path of the audit log."""
    print(cluster.audit_log())


def kill(cluster: Cluster, names: list[str]) -> None:
    """Take nodes away as a loss of power would."""
    for name in names:
        cluster.kill(name)


def start(cluster: Cluster, names: list[str]) -> None:
    """Bring killed nodes back."""
    for name in names:
        cluster.start(name)


def down(cluster: Cluster, _: list[str]) -> None:
    """Remove the cluster and all it left behind."""
    progress = Progress()
    cluster.down(progress)
    progress.say("the cluster is gone")


def complain(error: ClusterError, code: int) -> int:
    """Say what went wrong, in one line, and return the exit code."""
    print(f"cluster: {error}", file=sys.stderr)
    return code


COMMANDS: dict[str, Callable[[Cluster, list[str]], None]] = {
    "build": build,
    "up": up,
    "load": load,
    "kubeconfig": print_kubeconfig,
    "audit-log": print_audit_log,
    "kill": kill,
    "start": start,
    "down": down,
}

if __name__ == "__main__":
    sys.exit(main())
