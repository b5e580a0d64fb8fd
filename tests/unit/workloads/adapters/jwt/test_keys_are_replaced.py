"""Keys come and go while the process runs: those of files, and those that an issuer publishes."""

import asyncio
import logging
import time
from collections.abc import Callable

import jwt
import pytest

from notifications.adapters.jwt.keys import Key
from notifications.adapters.jwt.rotation import KeyRotation
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.clock import now
from notifications.domain.errors import Unauthenticated, Unavailable
from notifications.domain.limits import JWKS_ASK_AGAIN, JWKS_EVERY, JWKS_RETRY, KEY_CHECK
from tests.support.issuer import Issuer
from tests.unit.workloads.app.world import in_virtual_time

OLD, NEW = b"the old secret, of more than 32 bytes", b"the new secret, of more than 32 bytes"


class Office:
    """A verifier whose keys rotate, by the clock of the loop."""

    def __init__(self, issuer: Issuer | None, *files: Callable[[], Key]) -> None:
        self.verifier = TokenVerifier([file() for file in files], "us", "us", now)
        fetch = issuer.fetch if issuer else None
        self.rotation = KeyRotation(self.verifier, files, fetch, asyncio.get_running_loop().time)

    async def open(self) -> "Office":
        await self.rotation.look()
        self._running = asyncio.ensure_future(self.rotation.run())
        return self

    def says(self, token: str) -> str:
        try:
            return self.verifier.verify(token).owner.user
        except (Unauthenticated, Unavailable) as error:
            return type(error).__name__


def secret(key: bytes) -> Callable[[], Key]:
    return lambda: Key("ours", "HS256", key)


def our_token(key: bytes) -> str:
    claims = {"sub": "bob", "iss": "us", "aud": "us", "exp": int(time.time()) + 3600}
    return jwt.encode(claims, key, headers={"kid": "ours"})


def test_published_keys_verify_beside_configured_ones() -> None:
    async def work() -> list[str]:
        issuer = Issuer("one", "two")
        office = await Office(issuer, secret(OLD)).open()
        return [office.says(token) for token in (issuer.sign("one"), issuer.sign("two"))]

    assert in_virtual_time(work) == ["alice", "alice"]


def test_a_new_key_is_known_soon_after_the_first_token_that_names_it() -> None:
    async def work() -> tuple[list[str], int]:
        issuer = Issuer("one")
        office = await Office(issuer).open()
        await asyncio.sleep(JWKS_ASK_AGAIN)
        issuer.add("two")
        seen = [office.says(issuer.sign("two"))]
        await asyncio.sleep(0.01)
        return [*seen, office.says(issuer.sign("two"))], issuer.fetches

    assert in_virtual_time(work) == (["Unavailable", "alice"], 2)


def test_a_key_that_is_published_no_more_verifies_nothing_also_not_what_it_has_verified() -> None:
    async def work() -> list[str]:
        issuer = Issuer("one", "two")
        office = await Office(issuer).open()
        stays, goes = issuer.sign("one"), issuer.sign("two")
        before = [office.says(stays), office.says(goes)]
        del issuer.keys["two"]
        await asyncio.sleep(JWKS_EVERY + KEY_CHECK + 1)
        seen = [office.says(stays), office.says(goes)]
        await asyncio.sleep(KEY_CHECK)
        return [*before, *seen, office.says(goes)]

    assert in_virtual_time(work) == ["alice", "alice", "alice", "Unavailable", "Unauthenticated"]


def test_many_tokens_of_unknown_keys_cost_the_issuer_little() -> None:
    async def work() -> int:
        issuer, forger = Issuer("one"), Issuer(*map(str, range(10)))
        office = await Office(issuer).open()
        for number in range(1_000):
            assert office.says(forger.sign(str(number % 10))) in ("Unavailable", "Unauthenticated")
            await asyncio.sleep(0.1)
        return issuer.fetches

    assert 2 <= in_virtual_time(work) <= 1 + 100 / JWKS_ASK_AGAIN + 1


def test_an_unreachable_issuer_leaves_its_last_keys_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def work() -> list[str]:
        issuer = Issuer("one")
        office = await Office(issuer).open()
        token = issuer.sign("one")
        issuer.away = True
        await asyncio.sleep(4 * JWKS_EVERY)
        assert 5 < issuer.fetches < 20
        issuer.add("two")
        seen = [office.says(token), office.says(issuer.sign("two"))]
        issuer.away = False
        await asyncio.sleep(JWKS_EVERY + KEY_CHECK)
        return [*seen, office.says(issuer.sign("two"))]

    assert in_virtual_time(work) == ["alice", "Unavailable", "alice"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "could not be fetched: the address answered 500" in caplog.text


def test_before_the_issuer_was_reached_tokens_are_to_be_brought_again() -> None:
    async def work() -> list[str]:
        issuer = Issuer("one")
        issuer.away = True
        office = await Office(issuer).open()
        seen = [office.says(issuer.sign("one"))]
        await asyncio.sleep(1)
        seen.append(office.says(issuer.sign("one")))
        issuer.away = False
        await asyncio.sleep(2 * JWKS_RETRY + KEY_CHECK)
        return [*seen, office.says(issuer.sign("one"))]

    assert in_virtual_time(work) == ["Unavailable", "Unavailable", "alice"]


def test_without_an_address_an_unknown_key_is_refused_at_once() -> None:
    async def work() -> str:
        office = await Office(None, secret(OLD)).open()
        return office.says(Issuer("one").sign("one"))

    assert in_virtual_time(work) == "Unauthenticated"


def test_a_configured_key_counts_before_a_published_one_of_its_name() -> None:
    async def work() -> list[str]:
        issuer = Issuer("ours")
        office = await Office(issuer, secret(OLD)).open()
        return [office.says(issuer.sign("ours")), office.says(our_token(OLD))]

    assert in_virtual_time(work) == ["Unauthenticated", "bob"]


def test_a_secret_that_is_replaced_is_read_anew_and_the_old_one_verifies_nothing() -> None:
    async def work() -> tuple[list[str], list[str]]:
        material = [OLD]
        office = await Office(None, lambda: Key("ours", "HS256", material[0])).open()
        before = [office.says(our_token(OLD)), office.says(our_token(NEW))]
        material[0] = NEW
        await asyncio.sleep(KEY_CHECK + 0.1)
        return before, [office.says(our_token(OLD)), office.says(our_token(NEW))]

    assert in_virtual_time(work) == (["bob", "Unauthenticated"], ["Unauthenticated", "bob"])
