"""What has become of the setup Job, on whose success the workloads wait. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from .desired import Rendering
from .kinds import Object

RETRY_AFTER: Final = timedelta(minutes=2)

State = Literal["done", "skipped", "absent", "running", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class Setup:
    """`skipped` is said when there is nothing to set up.

    `absent` wants the Job made, `expired` wants it deleted, to be made anew.
    `hash` is that of the rendering. `reason` and `message` are those of the condition SetupComplete.
    """

    hash: str
    state: State
    reason: str
    message: str

    @property
    def lets_change(self) -> bool:
        """Whether the workloads need not wait any longer."""
        return self.state in ("done", "skipped")


def judge_setup(rendering: Rendering, recorded: str | None, job: Object | None, now: datetime) -> Setup:
    """Return where the setup stands; `recorded` is the hash of the last one that succeeded."""
    setup_hash = rendering.setup_hash
    if rendering.setup is None:
        return Setup(setup_hash, "skipped", "Hibernating", "nothing runs while spec.hibernate is true")
    if recorded == setup_hash:
        return Setup(setup_hash, "done", "Succeeded", "database and streams are set up")
    if job is None:
        return Setup(setup_hash, "absent", "Starting", "the setup has not started yet")
    finished = {condition["type"]: condition for condition in _list_conditions(job) if condition["status"] == "True"}
    if "Complete" in finished:
        return Setup(setup_hash, "done", "Succeeded", "database and streams are set up")
    if failure := finished.get("Failed"):
        return _judge_failure(setup_hash, job, failure, now)
    return Setup(setup_hash, "running", "Running", _describe_attempts(job))


def _describe_attempts(job: Object) -> str:
    name, failed = job["metadata"]["name"], job.get("status", {}).get("failed", 0)
    text = f"Job {name} sets up database and streams"
    if not failed:
        return text
    attempts = "1 attempt has" if failed == 1 else f"{failed} attempts have"
    return f"{text}; {attempts} failed, and `kubectl logs job/{name}` says why"


def _judge_failure(setup_hash: str, job: Object, failure: Object, now: datetime) -> Setup:
    again = datetime.fromisoformat(failure["lastTransitionTime"]) + RETRY_AFTER
    reason, message = failure.get("reason") or "Failed", failure.get("message") or "it failed"
    where = f"`kubectl logs job/{job['metadata']['name']}` says why"
    text = f"{message}; {where}; it is tried again at {again:%H:%M:%S} UTC"
    return Setup(setup_hash, "expired" if now >= again else "failed", reason, text)


def _list_conditions(job: Object) -> list[Object]:
    return list(job.get("status", {}).get("conditions") or ())
