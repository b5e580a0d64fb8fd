"""The whole of a cluster, put together. Pure: the same spec and inputs give the same manifests, always."""

from ..channels import needs_unsubscribe_key
from ..spec import ClusterSpec
from .config import KEY_ENTRY, render_config
from .gateway import render_gateway_base, render_gateways
from .generated import Entry, GeneratedSecret
from .inputs import Inputs
from .metadata import Owner
from .nats import render_nats, render_nats_secret
from .postgres import render_postgres, render_postgres_secret
from .rendering import Manifest, Rendering
from .setup import hash_setup, render_setup
from .worker import render_worker_base, render_workers


def render(cluster: ClusterSpec, inputs: Inputs) -> Rendering:
    """Return everything that `cluster` consists of; raise InvalidSpec for what Kubernetes cannot give it."""
    owner, image = Owner(inputs), cluster.image or inputs.images.workloads
    gateway, worker = render_config("gateway", cluster, inputs), render_config("worker", cluster, inputs)
    return Rendering(
        generated=_render_generated(owner, cluster),
        base=(
            *_render_database(owner, cluster),
            *render_nats(owner, cluster, inputs.images.nats),
            *render_worker_base(owner, worker),
            *render_gateway_base(owner, cluster, gateway),
        ),
        # While everything sleeps there is nothing to set up, and no reason to wait for it.
        setup=None if cluster.hibernate else render_setup(owner, cluster, worker, image),
        setup_hash=hash_setup(owner, cluster, worker, image),
        workloads=(
            *render_workers(owner, cluster, worker, image),
            *render_gateways(owner, cluster, gateway, image),
        ),
    )


def _render_generated(owner: Owner, cluster: ClusterSpec) -> tuple[GeneratedSecret, ...]:
    secrets = [render_nats_secret(owner, cluster)]
    if cluster.database.source == "embedded":
        secrets.append(render_postgres_secret(owner))
    if cluster.auth.demo_key:
        key = (Entry(KEY_ENTRY, "jwt-key"),)
        secrets.append(GeneratedSecret(owner.describe("gateway", owner.names.jwt_demo), key))
    if needs_unsubscribe_key(cluster.channels):
        key = (Entry(KEY_ENTRY, "password"),)
        secrets.append(GeneratedSecret(owner.describe("gateway", owner.names.unsubscribe), key))
    return tuple(secrets)


def _render_database(owner: Owner, cluster: ClusterSpec) -> tuple[Manifest, ...]:
    if cluster.database.source != "embedded":
        return ()
    return render_postgres(owner, cluster, owner.inputs.images.postgres)
