"""What this host must have before machines can run on it."""

import os
import sys
from pathlib import Path

from tests.cluster.errors import CannotRun

SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
HIDDEN = (Path("/var"), Path("/run"))
PACKAGES = {
    "ip": "iproute2",
    "mount": "mount",
    "nft": "nftables",
    "nice": "coreutils",
    "nsenter": "util-linux",
    "runc": "runc",
    "setsid": "util-linux",
    "unshare": "util-linux",
}


def require_host() -> None:
    """CannotRun, with what to do, unless this host can run machines."""
    if not sys.platform.startswith("linux"):
        raise CannotRun("machines are made of Linux namespaces: on another system start a container engine, for kind")
    if os.geteuid() != 0:
        raise CannotRun("machines are made of namespaces, which takes root: become root, or start a container engine")
    if missing := sorted({package for program, package in PACKAGES.items() if not is_installed(program)}):
        raise CannotRun(f"programs are missing: on Debian, apt-get install {' '.join(missing)}")
    for path in (Path(sys.prefix), Path(sys.base_prefix), Path(__file__)):
        if any(path.is_relative_to(hidden) for hidden in HIDDEN):
            raise CannotRun(f"machines have a /var and a /run of their own and would not see {path}: move it elsewhere")


def is_installed(program: str) -> bool:
    """Whether `program` is where machines look for it."""
    return any(Path(folder, program).exists() for folder in SYSTEM_PATH)
