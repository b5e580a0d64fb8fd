"""Everyone gets a certificate of the cluster's own authority, in a kubeconfig that only they can read."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.cluster.certificates import Authority
from tests.cluster.credentials import write_credentials
from tests.cluster.shape import Shape


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.setenv("CLUSTER_CACHE", str(tmp_path))
    return Shape()


def test_a_client_is_known_by_its_name_and_groups() -> None:
    authority = Authority()
    certificate = x509.load_pem_x509_certificate(authority.issue("ann", ("admins", "staff")).public.encode())
    subject = certificate.subject
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["ann"]
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["admins", "staff"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pair.public.encode()))


def test_a_server_is_known_by_its_addresses_and_host_names() -> None:
    certificate = x509.load_pem_x509_certificate(
        Authority().issue("api", names=("10.0.0.1", "kubernetes")).public.encode()
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes"]


def test_a_kubelet_is_the_node_that_it_runs_on(shape: Shape) -> None:
    write_credentials(shape)
    config = json.loads((shape.nodes[1].folder / "kubelet.kubeconfig").read_text())
    certificate = x509.load_pem_x509_certificate(b64decode(config["users"][0]["user"]["client-certificate-data"]))
    assert "CN=system:node:node-1" in certificate.subject.rfc4514_string()
    assert config["clusters"][0]["cluster"]["server"] == "https://172.30.255.10:6443"


def test_keys_and_kubeconfigs_are_for_their_owner_only(shape: Shape) -> None:
    write_credentials(shape)
    secrets = [path for path in shape.folder.rglob("*") if path.suffix == ".key" or path.name.endswith("kubeconfig")]
    assert len(secrets) > len(shape.machines)
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


def test_no_node_has_the_key_of_the_authority(shape: Shape) -> None:
    write_credentials(shape)
    assert [path.relative_to(shape.folder).parts[0] for path in shape.folder.rglob("ca.key")] == ["control-plane"]
