"""How programs are started."""

import signal

from notification_operator.local.launcher import Launcher


def test_a_program_ends_with_the_operator_after_it_has_changed_account() -> None:
    command = Launcher("/usr/bin/setpriv").wrap(("postgres", "-D", "/data"), signal.SIGINT, ("--reuid=1",))
    assert command == ("/usr/bin/setpriv", "--reuid=1", "--pdeathsig=INT", "--", "postgres", "-D", "/data")


def test_a_program_is_started_plainly_where_there_is_no_setpriv() -> None:
    assert Launcher(None).wrap(("nats-server",), signal.SIGTERM) == ("nats-server",)
