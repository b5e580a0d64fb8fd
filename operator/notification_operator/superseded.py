"""Images that a kept rendering has, and that the operator would no longer choose. Pure.

They stay until the spec changes, so that an upgrade of the operator restarts nothing: somebody has to be told.
"""

from collections.abc import Iterator

from .custom_resource import RENDER_ANNOTATION
from .desired import Rendering
from .images import Images


def explain_superseded_images(rendering: Rendering, images: Images) -> str:
    """Return a sentence that names them and says how to change to those of `images`, or nothing."""
    chosen = {"nats": images.nats, "postgres": images.postgres}
    superseded = [
        f"{image} runs where the operator has {chosen[name]} by now"
        for name, image in _list_images(rendering)
        if image != chosen.get(name, image)
    ]
    return (
        f"{', '.join(superseded)}; another text in the annotation {RENDER_ANNOTATION} changes it" if superseded else ""
    )


def _list_images(rendering: Rendering) -> Iterator[tuple[str, str]]:
    """Yield name and image of the containers that no spec chooses."""
    for manifest in rendering.base:
        if manifest["kind"] == "StatefulSet":
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                yield container["name"], container["image"]
