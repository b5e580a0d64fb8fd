"""Provides volumes: a folder of the host for each claim of the class `standard`, reachable from every node.

It runs as a script on the control plane's machine: volumes.py SERVER PKI-FOLDER VOLUMES-FOLDER. A volume is of the type
`local`, so that a pod's fsGroup is honoured, as it is on volumes of a cloud; and it outlives its node, as they do.
"""

import json
import shutil
import ssl
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

STORAGE_CLASS = "standard"
PROVISIONER = "volumes.cluster.test"
SECONDS_BETWEEN_LOOKS = 0.5
CLAIMS = "/api/v1/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
CONFLICT = 409
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Api:
    """The Kubernetes API at `server`."""

    server: str
    context: ssl.SSLContext

    def list(self, path: str) -> list[dict[str, Any]]:
        """The objects of a collection, from the API server's memory."""
        items: list[dict[str, Any]] = self.request("GET", f"{path}?resourceVersion=0")["items"]
        return items

    def request(self, method: str, path: str, body: object = None) -> Any:
        """One request; its answer's JSON."""
        request = urllib.request.Request(self.server + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, context=self.context, timeout=10) as answer:
            return json.load(answer)


def main(server: str, pki: Path, folder: Path) -> None:
    """Look for claims and for volumes that were given up, for ever."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "volumes.crt", pki / "volumes.key")
    api = Api(server, context)
    while True:
        try:
            provide(api, folder)
            reclaim(api, folder)
        except (URLError, OSError) as error:
            print(f"the API did not answer as expected: {error}", flush=True)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def provide(api: Api, folder: Path) -> None:
    """Make a volume for each claim that waits for one."""
    for claim in api.list(CLAIMS):
        if wants_volume(claim):
            volume = make_volume(claim, folder)
            Path(volume["spec"]["local"]["path"]).mkdir(parents=True, exist_ok=True)
            tolerate(CONFLICT, api, "POST", VOLUMES, volume)


def reclaim(api: Api, folder: Path) -> None:
    """Remove each volume of ours whose claim is gone, unless it is to be kept."""
    for volume in api.list(VOLUMES):
        name, spec = volume["metadata"]["name"], volume["spec"]
        released = volume.get("status", {}).get("phase") == "Released"
        if released and is_ours(volume) and spec["persistentVolumeReclaimPolicy"] == "Delete":
            shutil.rmtree(folder / name, ignore_errors=True)
            tolerate(NOT_FOUND, api, "DELETE", f"{VOLUMES}/{name}", None)


def wants_volume(claim: dict[str, Any]) -> bool:
    """Whether a claim of our class waits for a volume."""
    spec = claim["spec"]
    pending = claim.get("status", {}).get("phase") == "Pending" and "deletionTimestamp" not in claim["metadata"]
    return pending and spec.get("storageClassName") == STORAGE_CLASS and not spec.get("volumeName")


def is_ours(volume: dict[str, Any]) -> bool:
    """Whether we made a volume."""
    annotations = volume["metadata"].get("annotations", {})
    return bool(annotations.get("pv.kubernetes.io/provisioned-by") == PROVISIONER)


def make_volume(claim: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The volume for a claim, bound to it from the start."""
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    everywhere = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{field: metadata[field] for field in ("namespace", "name", "uid")},
            },
            "local": {"path": str(folder / name)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [everywhere]}]}},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": STORAGE_CLASS,
            "volumeMode": "Filesystem",
        },
    }


def tolerate(status: int, api: Api, method: str, path: str, body: object) -> None:
    """A request that may be answered by `status`, since somebody was faster."""
    try:
        api.request(method, path, body)
    except HTTPError as error:
        if error.code != status:
            raise


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
