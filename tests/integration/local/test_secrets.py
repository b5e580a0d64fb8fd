"""Secrets stay in files that only their owner may read."""

import asyncpg

from .installation import DEMO, Installation, Run


async def test_a_lost_database_password_is_replaced(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    (installation.data / "secrets/postgres-password").unlink()
    async with Run(installation) as run:
        await run.ready()
        connection = await asyncpg.connect((installation.data / "secrets/postgres-uri").read_text().strip())
        assert await connection.fetchval("select 1") == 1
        await connection.close()


async def test_keys_of_the_users_own_are_taken_from_files(installation: Installation) -> None:
    file = installation.work / "keys.yaml"
    key = "  auth: {keys: [{id: main, algorithm: RS256, secretRef: {name: jwt, key: public.pem}}]}\n"
    file.write_text(DEMO.read_text().replace("spec:\n", f"spec:\n{key}"))
    place = installation.data.resolve() / "secrets/given/jwt/public.pem"
    async with Run(installation, file=file) as run:
        assert await run.end() == 2
        assert run.complaints == (
            "notification-operator: spec.auth.keys[0].secretRef: there are no Secrets on this machine: "
            f"put what it names into the file {place}\n"
        )
    place.parent.mkdir(parents=True)
    place.write_text("a public key")
    async with Run(installation, file=file) as run:
        await run.ready()
        assert str(place) in (installation.data / "config/gateway.json").read_text()


async def test_secrets_of_channels_are_taken_from_files_and_the_key_for_links_is_made(
    installation: Installation,
) -> None:
    file = installation.work / "channels.yaml"
    email = "from: a@example.org, publicUrl: 'https://notify.example.org', providers: [{smtp: {host: mail}}]"
    webhook = "keySecretRefs: [{name: hooks, key: new}]"
    file.write_text(
        DEMO.read_text().replace("spec:\n", f"spec:\n  channels: {{email: {{{email}}}, webhook: {{{webhook}}}}}\n")
    )
    place = installation.data.resolve() / "secrets/given/hooks/new"
    async with Run(installation, file=file) as run:
        assert await run.end() == 2
        assert run.complaints == (
            "notification-operator: spec.channels.webhook.keySecretRefs[0]: there are no Secrets on this machine: "
            f"put what it names into the file {place}\n"
        )
    place.parent.mkdir(parents=True)
    place.write_text("whsec_key")
    async with Run(installation, file=file) as run:
        await run.ready()
        made = installation.data.resolve() / "secrets/unsubscribe.key"
        assert made.stat().st_mode & 0o777 == 0o600
        assert str(made) in (installation.data / "config/gateway.json").read_text()
        assert {str(made), str(place)} <= set((installation.data / "config/worker.json").read_text().split('"'))
