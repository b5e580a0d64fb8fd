"""What the command line asked of `notification-operator run`."""

import argparse
from pathlib import Path
from typing import Final

from .blueprint import Blueprint
from .images import Images
from .management import Address
from .run import Options

_NAMESPACE_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def read_run_options(arguments: argparse.Namespace) -> Options:
    """Return what the arguments say; by default, only the operator's own namespace is served."""
    own = _NAMESPACE_FILE.read_text().strip() if _NAMESPACE_FILE.exists() else "default"
    images = Images(arguments.workloads_image, arguments.nats_image, arguments.postgres_image)
    return Options(
        namespaces=() if arguments.all_namespaces else tuple(arguments.namespace) or (own,),
        lease_namespace=arguments.lease_namespace or own,
        management=Address(arguments.host, arguments.management_port),
        blueprint=Blueprint(
            images=images,
            allowed_images=tuple(arguments.allow_image),
            pull_secrets=tuple(arguments.image_pull_secret),
        ),
    )
