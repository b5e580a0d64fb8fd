"""What worker.json says of the providers on this machine, with their secrets in files."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.providers.apns import KEY_ID, TEAM, TOPIC, Apns
from tests.integration.providers.authority import HOST
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.fcm import Fcm
from tests.integration.providers.push_service import CONTACT, PushService
from tests.integration.providers.ses import ACCESS_KEY, SECRET_KEY, Ses
from tests.integration.providers.smtp_server import PASSWORD, USERNAME, Relay

OWN_MACHINE = ["127.0.0.0/8"]
Setting = dict[str, object]


def private_key(key: EllipticCurvePrivateKey) -> bytes:
    """A key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write(path: Path, content: bytes) -> Path:
    """A file with this content."""
    path.write_bytes(content)
    return path


def email(*providers: Mapping[str, object], **more: object) -> Setting:
    """Mail by these providers."""
    return {"from": "Shop <no-reply@shop.example>", "providers": providers, **more}


def smtp(relay: Relay, folder: Path, **more: object) -> Setting:
    """A relay, with the login that it takes."""
    password = str(write(folder / "password", PASSWORD.encode()))
    return {"kind": "smtp", "host": HOST, "port": relay.port, "user": USERNAME, "passwordFile": password, **more}


def ses(far: Ses, url: str, folder: Path) -> Setting:
    """An account."""
    files = {
        "accessKeyIdFile": str(write(folder / "id", f"{ACCESS_KEY}\n".encode())),
        "secretAccessKeyFile": str(write(folder / "secret", f"{SECRET_KEY}\n".encode())),
    }
    return {"kind": "ses", "region": far.region, "endpoint": url, **files}


def fcm(far: Fcm, url: str, folder: Path) -> Setting:
    """A project."""
    return {"serviceAccountFile": str(write(folder / "account.json", far.key_file(url))), "endpoint": url}


def apns(far: Apns, url: str, folder: Path) -> Setting:
    """An app."""
    key = str(write(folder / "AuthKey.p8", private_key(far.key)))
    return {"keyFile": key, "keyId": KEY_ID, "teamId": TEAM, "topic": TOPIC, "endpoint": url}


def webpush(far: PushService, folder: Path) -> Setting:
    """A VAPID key, for browsers whose push service is on this machine."""
    key = str(write(folder / "vapid.pem", private_key(far.server_key)))
    return {"keyFile": key, "subject": CONTACT, "allowPrivate": OWN_MACHINE}


def webhook(far: Endpoint, folder: Path) -> Setting:
    """The key of one receiver on this machine."""
    return {"keyFiles": [str(write(folder / "keys", far.key_file()))], "allowPrivate": OWN_MACHINE}
