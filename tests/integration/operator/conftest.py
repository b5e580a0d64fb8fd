"""One API server in memory for each test, and a kubeconfig file that leads to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import kmock
import pytest
import yaml

from notification_operator.kubernetes import Api, load_access, open_client

from .api_server import ApiServer


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ApiServer]:
    async with ApiServer() as handler, kmock.Server(handler) as listening:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", str(listening.url))))
        yield handler
        await handler.end_watches()


@pytest.fixture
async def api(server: ApiServer) -> AsyncIterator[Api]:
    async with open_client(await load_access(), "notification-operator/test") as client:
        yield Api(client)


def write_kubeconfig(path: Path, url: str) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": url.rstrip("/")}}],
        "users": [{"name": "test", "user": {"token": "test"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return path
