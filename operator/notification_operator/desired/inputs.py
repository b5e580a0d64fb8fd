"""What a rendering needs beside the spec: where the cluster is, which images it runs, and its Secrets' versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..images import Images


@dataclass(frozen=True, slots=True)
class Inputs:
    """`name`, `namespace` and `uid` are those of the NotificationCluster, which owns what is rendered.

    `images.workloads` is used where the spec names no image. `secret_versions` maps the names of the Secrets that
    `list_secrets` returns to their resourceVersion; one that is absent counts as empty. `setup_mark` is any text: with
    another one the setup runs again. `pull_secrets` are names of Secrets in `namespace`, for the images of all pods.
    """

    name: str
    namespace: str
    uid: str
    images: Images = field(default_factory=Images)
    secret_versions: Mapping[str, str] = field(default_factory=dict)
    setup_mark: str = ""
    pull_secrets: tuple[str, ...] = ()
