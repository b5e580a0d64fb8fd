"""The line to paste."""

import json
import shlex

from notification_operator.local.greeting import render_curl


def test_the_curl_line_survives_a_shell() -> None:
    words = shlex.split(render_curl("http://127.0.0.1:8080", "a.b.c", "bob"))
    assert words[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8080/api/notifications"]
    assert "Authorization: Bearer a.b.c" in words
    assert json.loads(words[-1]) == {"recipients": ["bob"], "type": "message", "content": "Hello"}
