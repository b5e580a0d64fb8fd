"""A webhook that exists can be called."""

import pytest

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_BODY
from notifications.domain.webhook import Webhook


def test_a_webhook_does_not_show_where_it_goes() -> None:
    assert "path" not in repr(Webhook("1", "https://example.com/secret-path", b'{"name": "path"}'))


@pytest.mark.parametrize(
    ("id", "url", "body"),
    [
        ("", "https://example.com/", b""),
        ("a\r\nb", "https://example.com/", b""),
        ("ü", "https://example.com/", b""),
        ("1", "http://example.com/", b""),
        ("1", "https://example.com/", b"x" * (MAX_BODY + 1)),
    ],
)
def test_a_webhook_that_cannot_be_sent_is_refused(id: str, url: str, body: bytes) -> None:
    with pytest.raises(Invalid):
        Webhook(id, url, body)
