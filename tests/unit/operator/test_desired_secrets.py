"""Secrets are named and mounted, never written into anything that all may read."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from notification_operator.desired import Entry, GeneratedSecret, fill_secret
from notification_operator.secret_reference import URI_PARTS, list_role_references, list_secret_references

from .clusters import CHANNELS, EMAIL, WEBPUSH, derive
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
        named = set(find_files(config))
        (deployment,) = (pod for maker, pod in pods.items() if maker.endswith(f"-{role}"))
        (volume,) = (volume for volume in deployment["spec"]["volumes"] if volume["name"] == "config")
        sources = volume["projected"]["sources"]
        paths = {item["path"] for source in sources for item in next(iter(source.values()))["items"]}
        addresses = {uri, config["postgres"].get("replicaUriFile", uri)}
        parts = {address.replace("/uri", f"/{part}") for address in addresses for part in URI_PARTS}
        assert {f"/etc/notifications/{path}" for path in paths} - parts == named | {f"/etc/notifications/{role}.json"}
        assert volume["projected"]["defaultMode"] == 0o440


def find_files(value: Any, name: str = "") -> Iterator[str]:
    """Every path of a secret file below fields that are named so."""
    match value:
        case dict():
            for field, inner in value.items():
                yield from find_files(inner, field)
        case list():
            for inner in value:
                yield from find_files(inner, name)
        case str() if name == "file" or name.endswith(("File", "Files")):
            yield value


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


def test_a_key_for_links_to_unsubscribe_is_made_where_there_are_links_and_none_is_given() -> None:
    def list_generated(**email: Any) -> set[str]:
        return {secret.name for secret in render_cluster(derive(channels={"email": {**EMAIL, **email}})).generated}

    without_links = {"from": EMAIL["from"], "providers": EMAIL["providers"]}
    assert "demo-unsubscribe" in list_generated()
    assert "demo-unsubscribe" not in list_generated(unsubscribeKeySecretRef={"name": "links", "key": "key"})
    assert "demo-unsubscribe" not in {
        s.name for s in render_cluster(derive(channels={"email": without_links})).generated
    }


def test_gateways_see_no_secret_of_a_provider() -> None:
    cluster = derive(channels=CHANNELS)
    assert list_role_references("gateway", cluster) == ()
    assert {each.name for each in list_role_references("worker", cluster)} == {
        "mail",
        "ses",
        "fcm",
        "apns",
        "vapid",
        "hooks",
    }
    config = read_config_maps(render_cluster(cluster))["gateway.json"]
    assert json.loads(config)["channels"] == {
        "unsubscribeKeyFile": "/etc/notifications/secrets/demo-unsubscribe/key",
        "webpushPublicKey": WEBPUSH["publicKey"],
    }


def test_what_channels_need_is_known_by_its_field() -> None:
    references = list_secret_references(derive(channels=CHANNELS))
    assert [(reference.field.removeprefix("spec.channels."), reference.name) for reference in references] == [
        ("email.providers[0].smtp.passwordSecretRef", "mail"),
        ("email.providers[1].ses.accessKeyIdSecretRef", "ses"),
        ("email.providers[1].ses.secretAccessKeySecretRef", "ses"),
        ("push.fcm.serviceAccountSecretRef", "fcm"),
        ("push.apns.keySecretRef", "apns"),
        ("push.webpush.keySecretRef", "vapid"),
        ("webhook.keySecretRefs[0]", "hooks"),
        ("webhook.keySecretRefs[1]", "hooks"),
        ("authoritySecretRef", "mail"),
    ]


def test_what_a_users_secrets_must_hold_is_known() -> None:
    references = list_secret_references(derive(auth={"keys": [KEY]}, database={"cloudNativePG": {"cluster": "pg"}}))
    assert [(reference.field, reference.name, reference.entries) for reference in references] == [
        ("spec.database.cloudNativePG", "pg-app", ("uri", *URI_PARTS)),
        ("spec.auth.keys[0].secretRef", "jwt", ("public.pem",)),
    ]
    assert list_secret_references(derive()) == ()
