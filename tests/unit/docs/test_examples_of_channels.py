"""What docs/configuration.md shows of channels can be copied: it is accepted as it stands."""

import json
import re
from pathlib import Path

import msgspec
import pytest
import yaml

from notifications.channel_config import ChannelsConfig
from tests.unit.operator.clusters import derive

TEXT = (Path(__file__).parents[3] / "docs/configuration.md").read_text(encoding="utf-8")
EXAMPLES = [
    text for text in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) if "\nchannels:" in text
]
PROVIDERS = ["smtp", "ses", "fcm", "apns", "webpush", "webhook"]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_cluster_accepts_the_example(text: str) -> None:
    assert derive(**yaml.safe_load(text)).channels


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_an_example(provider: str) -> None:
    assert any(f"{provider}:\n" in text for text in EXAMPLES)


def test_a_worker_accepts_the_example_of_its_config() -> None:
    (text,) = [text for text in re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) if "fcm" in text]
    config = msgspec.convert(json.loads(text), ChannelsConfig)
    assert config.email is not None
    assert len(config.email.providers) == 2
