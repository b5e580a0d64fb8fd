"""What clusters are made of: the pure builders and the images that this version of the operator brings along."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .desired import Inputs, Rendering, render
from .images import Images
from .spec import ClusterSpec


@dataclass(frozen=True, slots=True)
class Blueprint:
    """`allowed_images` are prefixes of what spec.image may be; none at all allow every image.

    `pull_secrets` are Secrets that every cluster's namespace has, where its images need them.
    """

    render: Callable[[ClusterSpec, Inputs], Rendering] = render
    images: Images = field(default_factory=Images)
    allowed_images: tuple[str, ...] = ()
    pull_secrets: tuple[str, ...] = ()
