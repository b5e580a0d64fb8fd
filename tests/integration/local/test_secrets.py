"""Secrets stay in files that only their owner may read."""

from pathlib import Path

import asyncpg
import nats
import pytest

from .installation import DEMO, Installation, Run


async def test_no_secret_is_in_a_command_line_an_environment_a_log_or_the_state(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        secrets = [
            (installation.data / "secrets" / name).read_bytes().strip()
            for name in ("jwt-demo.key", "nats-gateway", "nats-worker", "postgres-password")
        ]
        seen = [Path(f"/proc/{pid}/{part}").read_bytes() for pid in _all_pids(run) for part in ("cmdline", "environ")]
        seen += [path.read_bytes() for path in _all_files(installation.data / "log", installation.data / "config")]
        seen += [(installation.data / "state.json").read_bytes(), run.text.encode()]
        assert all(len(secret) >= 32 for secret in secrets)
        assert not [secret for secret in secrets for text in seen if secret in text]


async def test_secret_files_are_for_their_owner_only(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        folder = installation.data / "secrets"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_the_workloads_role_owns_its_database_and_nothing_more(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        connection = await asyncpg.connect((installation.data / "secrets/postgres-uri").read_text().strip())
        try:
            assert (
                await connection.fetchval(
                    "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
                )
                is False
            )
            assert await connection.fetchval("show fsync") == "on"
            assert await connection.fetchval("show synchronous_commit") == "on"
            await connection.execute("create table mine (id int)")
        finally:
            await connection.close()


async def test_the_database_lets_nobody_in_without_the_password(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        port = installation.state()["postgres"]["port"]
        for user in ("notifications", "postgres"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(host="127.0.0.1", port=port, user=user, password="guess", database="postgres")


async def test_a_lost_database_password_is_replaced(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    (installation.data / "secrets/postgres-password").unlink()
    async with Run(installation) as run:
        await run.ready()
        connection = await asyncpg.connect((installation.data / "secrets/postgres-uri").read_text().strip())
        assert await connection.fetchval("select 1") == 1
        await connection.close()


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_a_role_reaches_only_the_subjects_it_needs(installation: Installation, role: str) -> None:
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    async with Run(installation) as run:
        await run.ready()
        port = installation.state()["nats"]["port"]
        password = (installation.data / f"secrets/nats-{role}").read_text().strip()
        client = await nats.connect(f"nats://127.0.0.1:{port}", user=role, password=password, error_cb=note)
        await client.jetstream().add_stream(name="work", subjects=["ntf.work.>"])
        assert (await client.jetstream().publish("ntf.work.1", b"")).seq == 1
        await client.publish("other.subject", b"")
        await client.flush()
        await client.close()
        assert any('permissions violation for publish to "other.subject"' in line.lower() for line in refused)


async def test_nats_lets_nobody_in_without_a_password(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        with pytest.raises(Exception, match=r"(?i)authorization"):
            await nats.connect(
                f"nats://127.0.0.1:{installation.state()['nats']['port']}", allow_reconnect=False, connect_timeout=5
            )


async def test_keys_of_the_users_own_are_taken_from_files(installation: Installation) -> None:
    file = installation.work / "keys.yaml"
    key = "  auth: {keys: [{id: main, algorithm: RS256, secretRef: {name: jwt, key: public.pem}}]}\n"
    file.write_text(DEMO.read_text().replace("spec:\n", f"spec:\n{key}"))
    place = installation.data.resolve() / "secrets/given/jwt/public.pem"
    async with Run(installation, file=file) as run:
        assert await run.end() == 2
        assert run.complaints == (
            "notification-operator: spec.auth.keys[0].secretRef: there are no Secrets on this machine: "
            f"put the key into the file {place}\n"
        )
    place.parent.mkdir(parents=True)
    place.write_text("a public key")
    async with Run(installation, file=file) as run:
        await run.ready()
        assert str(place) in (installation.data / "config/gateway.json").read_text()


def _all_pids(run: Run) -> list[int]:
    assert run.process
    return [run.process.pid, *run.installation.pids().values()]


def _all_files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
