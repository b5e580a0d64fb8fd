"""Ask a server over HTTP."""

import urllib.request


def fetch(url: str) -> str:
    """The body of the answer, or nothing while there is none."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            body: str = answer.read().decode().strip()
            return body
    except OSError:
        return ""
