"""The names of the images, and which of others are allowed."""

import re
from importlib.metadata import version

import pytest

from notification_operator import images
from notification_operator.errors import InvalidSpec


@pytest.mark.parametrize("image", [images.OPERATOR, images.WORKLOADS, images.NATS, images.POSTGRES])
def test_an_image_is_fully_qualified_and_tagged_with_the_version(image: str) -> None:
    assert re.fullmatch(r"[a-z.]+\.[a-z]+/[a-z-]+/notification-[a-z]+:[0-9.]+", image)
    assert image.endswith(f":{version('notification-operator')}")


def test_an_image_of_another_origin_is_refused_when_origins_are_given() -> None:
    images.require_allowed_image("registry.example/a:1", ())
    images.require_allowed_image("registry.example/a:1", ("other/", "registry.example/"))
    with pytest.raises(InvalidSpec) as refusal:
        images.require_allowed_image("evil.example/registry.example/a:1", ("registry.example/",))
    assert str(refusal.value) == ("spec.image must begin with one of: registry.example/; the operator allows no other")


DEFAULT = "registry.example:5000/team/workloads:2"


@pytest.mark.parametrize(
    ("asked", "remembered", "chosen"),
    [
        (None, None, DEFAULT),
        (None, "registry.example:5000/team/workloads:1", "registry.example:5000/team/workloads:1"),
        (None, "registry.example:5000/team/workloads@sha256:0a", "registry.example:5000/team/workloads@sha256:0a"),
        (None, "mirror.example/workloads:1", "mirror.example/workloads:1"),
        (None, "evil.example/workloads:1", DEFAULT),
        ("mirror.example/workloads:3", "mirror.example/workloads:1", "mirror.example/workloads:3"),
    ],
)
def test_the_default_of_before_stays_unless_it_cannot_have_been_one(
    asked: str | None, remembered: str | None, chosen: str
) -> None:
    assert images.choose_image(asked, remembered, DEFAULT, ("mirror.example/",)) == chosen
