"""What can go wrong, as one tree.

ClusterError            the reason in one line, for a person
├── CannotRun           this machine cannot run a cluster; the line says what to install
├── BuildFailed         a program could not be built
├── CommandFailed       a program that a step needs failed
└── NotInTime           a step did not end before its deadline
"""


class ClusterError(Exception):
    """A cluster could not do what was asked; the message is one line for a person."""


class CannotRun(ClusterError):
    """This machine lacks something; the message names it and how to get it."""


class BuildFailed(ClusterError):
    """A program could not be built from its modules."""


class CommandFailed(ClusterError):
    """A program failed; the message has its last words, and `complaint` all of them."""

    def __init__(self, message: str, complaint: str = "") -> None:
        super().__init__(message)
        self.complaint = complaint


class NotInTime(ClusterError):
    """Something did not happen before its deadline; the message says where the logs are."""
