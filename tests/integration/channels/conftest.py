"""One gateway without workers, which each test hires for its own channels; and people nobody else has heard of."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.channels.post_office import PostOffice
from tests.integration.providers.authority import Authority
from tests.support.stack import Stack, run_stack

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def unattended(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The session's gateway."""
    async with run_stack(tmp_path_factory.mktemp("channels"), gateways=1, workers=0) as stack:
        yield stack


@pytest.fixture
async def office(unattended: Stack, authority: Authority) -> AsyncIterator[PostOffice]:
    """Closed behind each test: what it leaves undone is no business of the next one's workers."""
    office = PostOffice(unattended, authority)
    yield office
    await office.dismiss()
    office.query("DELETE FROM outbox")


@pytest.fixture
def alice() -> str:
    return f"alice-{next(_numbers)}"
