"""The Job that prepares database and streams for one combination of image, config and servers, before pods use them."""

from typing import Any, Final

from ..resources import ResourcesSpec
from ..spec import ClusterSpec
from .config import FOLDER, VOLUME, Config, render_config_volume
from .digest import digest
from .metadata import Owner
from .pod import Container, Pod, render_pod

_RESOURCES: Final = ResourcesSpec(requests={"cpu": "50m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "512Mi"})
_DEADLINE: Final = 3600  # seconds, for all attempts and the pauses between them
_RETRIES: Final = 4
_PATIENCE: Final = 120  # seconds of each attempt, in which servers that are made along with it may start
_MISTAKE: Final = 2  # the exit code for what only a person can put right
_KEPT: Final = 86_400  # seconds in which its log can still be read


def hash_setup(owner: Owner, cluster: ClusterSpec, config: Config, image: str) -> str:
    """Return the digest of everything that the Job depends on; with another one, setup runs again."""
    database = {"source": cluster.database.source, "secret": cluster.database.secret}
    mark = [owner.inputs.setup_mark] if owner.inputs.setup_mark else []
    return digest([image, config.content, database, cluster.nats.servers, cluster.worker.pod_template, *mark])


def render_setup(owner: Owner, cluster: ClusterSpec, config: Config, image: str) -> dict[str, Any]:
    """Return the Job; `config` is the workers', which names all that setup needs."""
    worker = owner.names.worker
    container = Container(
        name="setup",
        image=image,
        resources=_RESOURCES,
        command=("notifications", "setup"),
        args=("--config", config.path, "--wait", str(_PATIENCE)),
        mounts={VOLUME: FOLDER},
    )
    pod = Pod(
        component="setup",
        account=worker,
        grace_period=30,
        volumes=(render_config_volume(config),),
        template=cluster.worker.pod_template,
        spread=False,
    )
    template = render_pod(owner, pod, container)
    template["spec"]["restartPolicy"] = "Never"  # each failed attempt keeps its pod, and so its log
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": owner.describe("setup", owner.names.setup(hash_setup(owner, cluster, config, image))),
        "spec": {
            "backoffLimit": _RETRIES,
            "podFailurePolicy": {"rules": [_give_up_on(_MISTAKE, container)]},
            "activeDeadlineSeconds": _DEADLINE,
            "ttlSecondsAfterFinished": _KEPT,
            "template": template,
        },
    }


def _give_up_on(exit_code: int, container: Container) -> dict[str, Any]:
    codes = {"containerName": container.name, "operator": "In", "values": [exit_code]}
    return {"action": "FailJob", "onExitCodes": codes}
