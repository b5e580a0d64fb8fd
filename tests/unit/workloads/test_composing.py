"""Who writes mails is built from worker.json, or the process says what is wrong and does not start."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.templates.engine import SandboxEngine
from notifications.app.compose import Composer, MakeLink
from notifications.clock import now
from notifications.composing import build_composer
from notifications.config import WorkerConfig
from notifications.domain.errors import Misconfigured
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.unsubscribe import Unsubscription, verify

BACKENDS = {
    "role": "worker",
    "postgres": {"uriFile": "/run/postgres"},
    "nats": {"servers": ["nats://127.0.0.1:4222"], "user": "worker", "passwordFile": "/run/nats"},
}
WISH = Unsubscription(UserKey("acme", "alice"), "like", Channel.EMAIL)
KEY = b"k" * 40


def build(**email: Any) -> Composer:
    channels = {"email": {"from": "Shop <a@shop.example>", "providers": [{"kind": "smtp", "host": "relay"}], **email}}
    config = msgspec.convert({**BACKENDS, "channels": channels, "htmlTypes": ["news"]}, WorkerConfig)
    return build_composer(config, MemoryTemplates(now), SandboxEngine())


def find_link_maker(composer: Composer) -> MakeLink | None:
    assert composer.letterhead is not None
    return composer.letterhead.make_link


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(KEY + b"\n")
    return path


def test_the_sender_and_the_types_that_may_be_html_are_taken() -> None:
    composer = build()
    assert composer.letterhead is not None
    assert composer.letterhead.sender.name == "Shop"
    assert composer.phrasing.html_types == {"news"}


def test_without_email_there_is_no_letterhead() -> None:
    config = msgspec.convert(BACKENDS, WorkerConfig)
    assert build_composer(config, MemoryTemplates(now), SandboxEngine()).letterhead is None


def test_without_a_public_address_there_are_no_links() -> None:
    assert find_link_maker(build()) is None


@pytest.mark.parametrize("url", ["https://n.example", "https://n.example/"])
def test_links_lead_to_the_gateways_and_follow_a_new_key(key: Path, url: str) -> None:
    make_link = find_link_maker(build(publicUrl=url, unsubscribeKeyFile=str(key)))
    assert make_link is not None
    path, _, token = make_link(WISH).partition("?token=")
    assert path == "https://n.example/api/unsubscribe"
    assert verify(token, [KEY]) == WISH

    key.write_bytes(b"n" * 32 + b"\n" + KEY)
    assert verify(make_link(WISH).partition("?token=")[2], [b"n" * 32]) == WISH


def test_a_key_that_is_too_short_is_named_by_its_file(key: Path) -> None:
    key.write_bytes(b"short")
    with pytest.raises(Misconfigured, match="key does not hold what it should; expected are keys of at least 32 bytes"):
        build(publicUrl="https://n.example", unsubscribeKeyFile=str(key))


def test_a_sender_that_no_message_id_can_name_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"channels\.email\.from is wrong: the sender's domain"):
        build(**{"from": f"a@{'ü' * 60}.example"})
