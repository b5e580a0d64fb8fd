"""How the end of a process is told."""

from pathlib import Path

import pytest

from notification_operator.errors import Refused, StartFailed
from notification_operator.local.ending import Ending, explain_failed_start
from notification_operator.local.log_tail import read_last_words
from notification_operator.topology import Process


@pytest.fixture
def process(tmp_path: Path) -> Process:
    return Process(name="worker-0", role="worker", argv=("worker",), log=tmp_path / "worker-0.log")


def test_a_signal_is_told_by_its_name(process: Process) -> None:
    assert Ending(code=-9).describe(process) == f"worker-0 was killed by SIGKILL (log: {process.log})"
    assert Ending(code=-64).describe(process).startswith("worker-0 was killed by ")


def test_an_exit_code_is_told_with_the_last_words(process: Process) -> None:
    process.log.write_text('{"message": "starting"}\n{"level": "ERROR", "message": "no memory"}\n\n')
    assert Ending(code=1).describe(process) == f"worker-0 ended with exit code 1: no memory (log: {process.log})"


def test_a_silent_end_is_told_without_words(process: Process) -> None:
    assert Ending(code=0).describe(process) == f"worker-0 ended with exit code 0 (log: {process.log})"


def test_a_process_that_could_not_be_started_is_told_with_the_problem(process: Process) -> None:
    assert Ending(problem="No such file").describe(process) == "worker-0 could not be started: No such file"


def test_exit_code_2_at_the_start_is_the_users_to_put_right(process: Process) -> None:
    process.log.write_text("notifications: worker.json: queues.high is missing\n")
    error = explain_failed_start(process, Ending(code=2))
    assert isinstance(error, Refused)
    assert str(error) == "worker-0: notifications: worker.json: queues.high is missing"


def test_any_other_end_at_the_start_is_not(process: Process) -> None:
    assert isinstance(explain_failed_start(process, Ending(code=1)), StartFailed)
    assert isinstance(explain_failed_start(process, Ending(code=2)), StartFailed), "it said nothing"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"plain text\n", "plain text"),
        (b'{"level": "INFO"}\n', '{"level": "INFO"}'),
        (b'["a list"]\n', '["a list"]'),
        (b"\xff broken\n", "\ufffd broken"),
        (b"x" * 100_000, "x" * 300),
    ],
)
def test_last_words_are_one_short_line(tmp_path: Path, log: bytes, words: str) -> None:
    (tmp_path / "log").write_bytes(log)
    assert read_last_words(tmp_path / "log") == words
