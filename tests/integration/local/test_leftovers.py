"""A run that was killed leaves nothing that lives on, and nothing that keeps the next run from starting."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.account import dropped, give_away
from tests.support.ports import free_port
from tests.support.process_table import is_alive
from tests.support.waiting import eventually

from .installation import Installation, Run


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells a process that its parent has died")
async def test_nothing_outlives_an_operator_that_was_killed(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        pids = installation.pids()
        run.send(signal.SIGKILL)
        await run.end()
        await eventually(lambda: not any(map(is_alive, pids.values())), what="the end of every process")
        assert "database system is shut down" in installation.last_words("postgres")


async def test_the_next_run_starts_at_once_after_one_that_was_killed(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        run.send(signal.SIGKILL)
        await run.end()
        async with Run(installation, port=run.port) as second:
            await second.ready()
            assert len(installation.pids()) == 5


async def test_a_live_postgres_of_this_folder_is_ended_first(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        program = Path(f"/proc/{installation.pids()['postgres']}/exe").readlink()
    data = installation.data / "postgres"
    settings = (f"port={free_port()}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
    flags = [part for setting in settings for part in ("-c", setting)]
    command = [*dropped(data, program), str(program), "-D", str(data), *flags]
    stale = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL)
    try:
        await eventually(lambda: "ready" in _read(data / "postmaster.pid"), what="the stale PostgreSQL")
        async with Run(installation) as run:
            await run.ready()
            assert f"ending PostgreSQL (process {stale.pid}), left over from a run that was killed" in run.text
            assert stale.wait(10) == 0
    finally:
        stale.kill()
        stale.wait(10)


async def test_a_pid_file_that_names_another_program_is_no_obstacle(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    stranger = subprocess.Popen([*dropped(installation.data), "sleep", "60"], cwd="/")
    try:
        pid_file = installation.data / "postgres/postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{installation.data / 'postgres'}\n1\n5432\n\n127.0.0.1\n\nready   \n")
        pid_file.chmod(0o600)
        give_away(pid_file)
        async with Run(installation) as run:
            await run.ready()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait(10)


async def test_a_process_that_only_has_a_recorded_id_is_left_alone(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        state = installation.state()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        state["processes"][0]["pid"] = stranger.pid
        (installation.data / "state.json").write_text(str(state).replace("'", '"').replace("None", "null"))
        async with Run(installation) as run:
            await run.ready()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait(10)


async def test_an_interrupted_first_start_leaves_no_half_database(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.said("making a new database")
        run.send(signal.SIGKILL)
        await run.end()
    assert not (installation.data / "postgres").exists()
    async with Run(installation) as run:
        await run.ready()
        assert not (installation.data / "postgres.new").exists()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
