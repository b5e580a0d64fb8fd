"""A request goes to a verified server at an address within reach, whatever its name resolves to."""

import socket
import traceback

import pytest

from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.http2 import Http2Client
from notifications.adapters.outgoing.tls import verify
from notifications.domain.errors import DeliveryFailed, Misconfigured, Rejected, TemporaryFailure
from notifications.domain.network import Reach, parse_reach
from notifications.ports.outgoing import Outgoing, Request
from tests.integration.providers.authority import Authority
from tests.integration.providers.conftest import Line
from tests.integration.providers.endpoint import Endpoint
from tests.support.ports import free_port

PATH, SECRET = "secret-path", "hidden"
# Compared with tracebacks, so none of them may stand in a line of code that is shown there
UNTOLD = [PATH, SECRET, "127.0.0.1", "localhost:"]


async def fail(client: Outgoing, url: str, kind: type[DeliveryFailed], match: str) -> None:
    request = Request(f"{url}/{PATH}", {"authorization": SECRET}, SECRET.encode())
    with pytest.raises(kind, match=match) as failure:
        await client.post(request)
    told = "".join(traceback.format_exception(failure.value))
    assert not [secret for secret in UNTOLD if secret in told]


def unsigned(line: Line[Endpoint]) -> Request:
    """A call that the endpoint refuses."""
    headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    return Request(line.service.url, headers, b"")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_an_inner_address_is_never_connected_to(webhook: Line[Endpoint], authority: Authority, host: str) -> None:
    port = webhook.service.url.rpartition(":")[2]
    async with HttpClient(verify(authority.certificate), Reach()) as client:
        await fail(client, f"https://{host}:{port}", Rejected, "not a public one|none that can be called")
    assert webhook.service.seen == []


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name has these addresses from now on."""

    def resolve(host: str, port: int, *_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


async def test_a_public_name_with_inner_addresses_leads_nowhere(
    webhook: Line[Endpoint], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = webhook.service.url.rpartition(":")[2]
    resolve_to(monkeypatch, "127.0.0.1", "10.0.0.1", "169.254.169.254")
    async with HttpClient(verify(authority.certificate), Reach()) as client:
        await fail(client, f"https://hooks.example:{port}", Rejected, "not a public one")
    assert webhook.service.seen == []


async def test_of_several_addresses_only_those_within_reach_are_connected_to(
    webhook: Line[Endpoint], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")
    async with HttpClient(verify(authority.certificate), parse_reach(["127.0.0.1/32"])) as client:
        assert (await client.post(unsigned(webhook))).status == 401
    assert len(webhook.service.seen) == 1


async def test_a_destination_from_configuration_may_be_anywhere(webhook: Line[Endpoint], authority: Authority) -> None:
    async with HttpClient(verify(authority.certificate)) as client:
        assert (await client.post(unsigned(webhook))).status == 401


@pytest.mark.parametrize("url", ["http://localhost", "ftp://localhost", "https://user:hidden@localhost", "nonsense"])
async def test_anything_but_https_is_refused(authority: Authority, url: str) -> None:
    async with HttpClient(verify(authority.certificate)) as client:
        await fail(client, url, Rejected, "must be an https:// address")


async def test_a_server_without_a_trusted_certificate_is_told_nothing(webhook: Line[Endpoint]) -> None:
    async with HttpClient(verify(None)) as client:
        await fail(client, webhook.service.url, TemporaryFailure, "no connection: ClientConnectorCertificateError")
    assert webhook.service.seen == []


async def test_over_http2_too(webhook: Line[Endpoint]) -> None:
    async with Http2Client(verify(None)) as client:
        await fail(client, webhook.service.url, TemporaryFailure, "no usable answer: ConnectError")
    assert webhook.service.seen == []


async def test_a_server_that_speaks_no_http2_is_temporary(webhook: Line[Endpoint], authority: Authority) -> None:
    async with Http2Client(verify(authority.certificate)) as client:
        await fail(client, webhook.service.url, TemporaryFailure, "no usable answer")


async def test_nobody_listening_is_temporary(authority: Authority) -> None:
    async with HttpClient(verify(authority.certificate)) as client, Http2Client(verify(None)) as other:
        await fail(client, f"https://localhost:{free_port()}", TemporaryFailure, "no connection")
        await fail(other, f"https://localhost:{free_port()}", TemporaryFailure, "no usable answer: ConnectError")


async def test_a_name_that_does_not_resolve_is_temporary(authority: Authority) -> None:
    async with HttpClient(verify(authority.certificate)) as client:
        await fail(client, "https://no-such-name.invalid", TemporaryFailure, "no connection")


def test_a_file_without_authorities_is_refused_at_the_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("empty") / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(Misconfigured, match=r"ca\.pem cannot be read"):
        verify(path)
