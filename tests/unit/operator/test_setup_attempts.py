"""How often the setup Job is tried: what a person has to put right is said at once, and the rest is tried in time."""

from datetime import UTC, datetime
from typing import Any

from notification_operator.setup_job import judge_setup

from .clusters import derive
from .manifests import render_cluster

RENDERING = render_cluster(derive())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MISTAKE = 2  # the exit code of every command of ours for a wrong setting


def read_job() -> dict[str, Any]:
    assert RENDERING.setup is not None
    spec: dict[str, Any] = RENDERING.setup["spec"]
    return spec


def read_container() -> dict[str, Any]:
    container: dict[str, Any]
    (container,) = read_job()["template"]["spec"]["containers"]
    return container


def test_a_mistake_of_the_user_is_not_tried_again() -> None:
    (rule,) = read_job()["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    container = read_container()
    assert rule["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [MISTAKE]}
    assert read_job()["template"]["spec"]["restartPolicy"] == "Never", "without it there is no such policy"


def test_every_attempt_has_time_before_the_deadline() -> None:
    waits = [min(10 * 2**attempt, 360) for attempt in range(read_job()["backoffLimit"])]
    attempts = read_job()["backoffLimit"] + 1
    assert (read_job()["activeDeadlineSeconds"] - sum(waits)) / attempts >= 600, "the patience of one attempt"


def test_servers_that_start_along_with_it_are_waited_for() -> None:
    assert read_container()["args"][-2:] == ["--wait", "120"]


def test_failed_attempts_are_told_while_the_job_runs() -> None:
    assert judge(failed=0).message == f"Job {NAME} sets up database and streams"
    assert judge(failed=2).message == (
        f"Job {NAME} sets up database and streams; 2 attempts have failed, and `kubectl logs job/{NAME}` says why"
    )
    assert "; 1 attempt has failed, and" in judge(failed=1).message


NAME = f"demo-setup-{RENDERING.setup_hash}"


def judge(failed: int) -> Any:
    status = {"active": 1, **({"failed": failed} if failed else {})}
    return judge_setup(RENDERING, None, {"metadata": {"name": NAME}, "status": status}, NOW)
