"""What a file means that leaves things out."""

from notification_operator.database import DatabaseSpec
from notification_operator.resources import GATEWAY_RESOURCES, WORKER_RESOURCES
from notification_operator.spec import (
    AuthSpec,
    ClusterSpec,
    GatewaySpec,
    NatsSpec,
    WorkerSpec,
    derive_cluster,
    parse_document,
)

from .clusters import SAMPLES, derive


def test_the_least_file_gets_every_default() -> None:
    assert derive() == ClusterSpec(
        name="demo",
        image=None,
        demo=True,
        hibernate=False,
        auth=AuthSpec(
            issuer="notifications", audience="notifications", keys=(), jwks_url=None, demo_key=True, authorizer={}
        ),
        database=DatabaseSpec(
            source="embedded",
            secret="",
            storage="1Gi",
            pool_min=2,
            pool_max=10,
            replica_secret="",
            retention_days=None,
        ),
        nats=NatsSpec(servers=1, storage="1Gi", storage_class=None, keep_storage=False, sync_interval="2m"),
        gateway=GatewaySpec(
            replicas=2,
            max_replicas=2,
            connection_limit=10_000,
            reconnects_per_second=200,
            drain_seconds=100,
            cors={},
            resources=GATEWAY_RESOURCES,
            service={"type": "ClusterIP"},
            pod_template={},
        ),
        worker=WorkerSpec(
            replicas=1, max_replicas=1, high=10, normal=20, low=5, resources=WORKER_RESOURCES, pod_template={}
        ),
        channels={},
        limits={},
        topics=(),
        monitoring={},
    )


def test_the_demo_sample_says_what_the_defaults_are() -> None:
    assert derive_cluster(parse_document((SAMPLES / "demo.yaml").read_bytes())) == derive()


def test_a_demo_with_keys_of_its_own_needs_no_generated_key() -> None:
    key = {"id": "main", "algorithm": "RS256", "secretRef": {"name": "jwt", "key": "public.pem"}}
    auth = derive(auth={"keys": [key]}).auth
    assert not auth.demo_key
    assert [(key.id, key.algorithm, key.secret, key.entry) for key in auth.keys] == [
        ("main", "RS256", "jwt", "public.pem")
    ]


def test_an_autoscaled_gateway_begins_with_the_least_replicas() -> None:
    assert derive(gateway={"autoscaling": {"minReplicas": 3, "maxReplicas": 9}}).gateway.replicas == 3
    assert derive(gateway={"autoscaling": {"maxReplicas": 9}}).gateway.replicas == 2
    assert derive(gateway={"autoscaling": {"maxReplicas": 1}}).gateway.replicas == 1


def test_one_bound_of_the_pool_fits_the_other() -> None:
    assert derive(database={"embedded": {"storage": 1}, "pool": {"max": 1}}).database.pool_min == 1
    assert derive(database={"embedded": {"storage": 1}, "pool": {"min": 40}}).database.pool_max == 40


def test_storage_may_be_written_as_a_number_of_bytes() -> None:
    assert derive(nats={"storage": {"size": 1_000_000}}).nats.storage == "1000000"
