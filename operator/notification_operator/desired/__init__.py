"""What a cluster should consist of on Kubernetes: plain manifests, rendered by pure functions of spec and inputs."""

from .generated import Entry, GeneratedSecret, fill_secret
from .inputs import Inputs
from .render import render
from .rendering import Manifest, Rendering

__all__ = ["Entry", "GeneratedSecret", "Inputs", "Manifest", "Rendering", "fill_secret", "render"]
