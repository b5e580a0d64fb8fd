"""Short names for contents: equal contents have equal digests, in every process and every version of Python."""

import json
from hashlib import sha256
from typing import Any

_LENGTH = 10


def digest(content: Any) -> str:
    """Return ten hexadecimal digits for anything that JSON can hold."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()[:_LENGTH]
