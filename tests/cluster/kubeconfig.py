"""Kubeconfig files: who one is, and where the API is."""

import json
from base64 import b64encode

from tests.cluster.certificates import KeyPair


def render_kubeconfig(server: str, authority: str, client: KeyPair) -> str:
    """A kubeconfig, as JSON, of the owner of `client` for the API at `server`."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "cluster", "cluster": {"server": server, "certificate-authority-data": encode(authority)}}
            ],
            "users": [
                {
                    "name": "user",
                    "user": {
                        "client-certificate-data": encode(client.public),
                        "client-key-data": encode(client.key),
                    },
                }
            ],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "cluster",
        }
    )


def encode(text: str) -> str:
    """`text` as base64."""
    return b64encode(text.encode()).decode()
