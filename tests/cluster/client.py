"""What kubectl and Helm get, so that they neither read nor leave anything in the person's home."""

import os
from pathlib import Path


def client_environment(folder: Path) -> dict[str, str]:
    """The caller's environment, with the caches and settings of both in `folder`."""
    places = {
        "KUBECACHEDIR": "kubectl",
        "HELM_CACHE_HOME": "helm/cache",
        "HELM_CONFIG_HOME": "helm/config",
        "HELM_DATA_HOME": "helm/data",
    }
    return {**os.environ, **{variable: str(folder / place) for variable, place in places.items()}}
