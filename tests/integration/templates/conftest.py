"""The engine with its processes."""

from collections.abc import AsyncIterator

import pytest

from notifications.adapters.templates.engine import SandboxEngine


@pytest.fixture
async def engine() -> AsyncIterator[SandboxEngine]:
    """An engine whose processes nothing has used before."""
    engine = SandboxEngine()
    yield engine
    await engine.close()
