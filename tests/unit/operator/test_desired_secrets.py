"""Secrets are named and mounted, never written into anything that all may read."""

import itertools
import json

import pytest

from notification_operator.desired import Entry, GeneratedSecret, fill_secret
from notification_operator.secret_reference import URI_PARTS, list_secret_references

from .clusters import derive
from .manifests import KEY, NAMES, derive_named, list_pods, read_config_maps, render_cluster


def make_text() -> str:
    return f"random{next(_numbers)}" + "x" * 32


_numbers = itertools.count()


@pytest.mark.parametrize("name", NAMES)
def test_every_secret_file_that_a_config_names_is_mounted_there(name: str) -> None:
    rendering = render_cluster(derive_named(name))
    configs, pods = read_config_maps(rendering), list_pods(rendering)
    for role in ("gateway", "worker"):
        config = json.loads(configs[f"{role}.json"])
        uri = config["postgres"]["uriFile"]
        named = {uri, config["nats"]["passwordFile"]}
        named |= {key["file"] for key in config.get("auth", {}).get("keys", ())}
        (deployment,) = (pod for maker, pod in pods.items() if maker.endswith(f"-{role}"))
        (volume,) = (volume for volume in deployment["spec"]["volumes"] if volume["name"] == "config")
        sources = volume["projected"]["sources"]
        paths = {item["path"] for source in sources for item in next(iter(source.values()))["items"]}
        parts = {uri.replace("/uri", f"/{part}") for part in URI_PARTS}
        assert {f"/etc/notifications/{path}" for path in paths} - parts == named | {f"/etc/notifications/{role}.json"}
        assert volume["projected"]["defaultMode"] == 0o440


def test_generated_texts_are_random_and_fill_the_texts_that_name_them() -> None:
    secret = GeneratedSecret(
        {"name": "s"}, (Entry("a", "password"), Entry("b", "jwt-key"), Entry("c", "text", "x={a}; y={b}; z={other}"))
    )
    data = fill_secret(secret, make_text)["stringData"]
    assert data["a"] != data["b"]
    assert data["c"] == f"x={data['a']}; y={data['b']}; z={{other}}"


def test_the_address_of_the_embedded_database_holds_its_password() -> None:
    rendering = render_cluster(derive())
    (secret,) = (secret for secret in rendering.generated if secret.name == "demo-postgres")
    data = fill_secret(secret, make_text)["stringData"]
    assert data["uri"] == f"postgresql://notifications:{data['password']}@demo-postgres:5432/notifications"


def test_only_a_demo_without_keys_gets_one() -> None:
    with_keys = render_cluster(derive(auth={"keys": [KEY]}))
    assert "demo-jwt-demo" in {secret.name for secret in render_cluster(derive()).generated}
    assert "demo-jwt-demo" not in {secret.name for secret in with_keys.generated}


def test_what_a_users_secrets_must_hold_is_known() -> None:
    references = list_secret_references(derive(auth={"keys": [KEY]}, database={"cloudNativePG": {"cluster": "pg"}}))
    assert [(reference.field, reference.name, reference.entries) for reference in references] == [
        ("spec.database.cloudNativePG", "pg-app", ("uri", *URI_PARTS)),
        ("spec.auth.keys[0].secretRef", "jwt", ("public.pem",)),
    ]
    assert list_secret_references(derive()) == ()
