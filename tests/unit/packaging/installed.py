"""What install.yaml installs, as objects."""

from typing import Any

import yaml

from charts.installation import INSTALL

Object = dict[str, Any]


def read_objects(text: str | None = None) -> list[Object]:
    """The objects of a rendering, or of install.yaml."""
    return [each for each in yaml.safe_load_all(text or INSTALL.read_text()) if each]


def pick(kind: str, name: str = "notification-operator", text: str | None = None) -> Object:
    """The one object of this kind and name."""
    [found] = [each for each in read_objects(text) if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found
