"""Every error that this distribution raises on purpose.

    OperatorError               something failed: exit code 1
    ├── StartFailed             a process of the cluster did not start
    ├── ApiError                the Kubernetes API server did not do what was asked
    │   ├── Unavailable         it did not answer, or asked to come back later
    │   │   └── Failed          it failed at this request, and might do another
    │   ├── Conflict            the object was changed, or made, by somebody else meanwhile
    │   └── Rejected            it refused; asking again without a change is no use
    │       └── InvalidObject   what would have come of it contradicts itself
    ├── LeadershipLost          another replica may lead by now: nothing more may be written
    ├── NamespacesChanged       others can be served by now: only a new process watches them
    └── UserError               something the user can put right: exit code 2
        ├── InvalidSpec         the NotificationCluster file is wrong
        ├── MissingProgram      an executable is not installed
        ├── MissingPrivilege    this account may not do what is needed
        ├── PortTaken           another program listens on the public port
        ├── FolderInUse         another run works in the same data folder
        ├── Refused             a workload does not accept what the user gave it
        ├── NoCluster           there is no way to a Kubernetes cluster
        └── Unusable            a file or folder cannot be read or written

The text of each is one line: what happened, why, and what to do.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


class OperatorError(Exception):
    """The root of the tree; its text is shown to the user as it is."""

    exit_code: ClassVar[int] = 1


class StartFailed(OperatorError):
    """A process of the cluster ended, or did not become ready, while the cluster was starting."""


class ApiError(OperatorError):
    """A request to the Kubernetes API server failed."""


class Unavailable(ApiError):
    """No answer in time, or one that says later; `retry_after` is how many seconds later at least."""

    def __init__(self, text: str, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Failed(Unavailable):
    """It broke down over this one request, as over a webhook that is away; other requests may succeed meanwhile."""


class Conflict(ApiError):
    """The object is no longer as it was read; what was decided from it has to be decided anew."""


class Rejected(ApiError):
    """The API server understood and refused: a right is missing, or a field is wrong or cannot be changed."""


class InvalidObject(Rejected):
    """The object would not be valid: a field is wrong, or does not go together with one that somebody else set."""


class LeadershipLost(OperatorError):
    """The lease was not renewed in time."""


class NamespacesChanged(OperatorError):
    """A namespace that was served is gone or forbidden, or one that was so before can be served."""


class UserError(OperatorError):
    """A mistake, or a state of this machine, that the user can put right."""

    exit_code: ClassVar[int] = 2


class InvalidSpec(UserError):
    """A field of the NotificationCluster file is wrong; `field` is its path, such as `spec.gateway.replicas`."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}" if field else problem)
        self.field = field


class MissingProgram(UserError):
    """An executable that the local run needs is not installed."""


class MissingPrivilege(UserError):
    """This account lacks a right without which PostgreSQL cannot be run safely."""


class PortTaken(UserError):
    """Another program listens on the port that the gateways should share."""


class FolderInUse(UserError):
    """Another run keeps its data in the same folder."""


class Refused(UserError):
    """A workload ended with exit code 2: it does not accept what the user gave it."""


class NoCluster(UserError):
    """Neither a service account nor a kubeconfig file says where a Kubernetes cluster is."""


class Unusable(UserError):
    """A file or folder cannot be read or written."""


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn an OSError about `path`, or about the file that the error itself names, into Unusable."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise Unusable(f"{error.filename or path}: {reason}") from error
