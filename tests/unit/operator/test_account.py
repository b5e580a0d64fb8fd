"""Which rights PostgreSQL keeps when root runs it as nobody."""

from pathlib import Path

import pytest

from notification_operator.errors import MissingPrivilege
from notification_operator.local.account import choose_wanted, derive_flags, read_capabilities

ROOT = frozenset({"chown", "dac_override", "dac_read_search", "kill", "setgid", "setuid", "setpcap"})
PLAIN = ("--reuid=65534", "--regid=65534", "--clear-groups")
PASS, OVERRIDE = ("dac_read_search", "dac_override"), ("dac_override",)


def keeping(capability: str) -> tuple[str, ...]:
    return (
        *PLAIN,
        "--securebits=+no_setuid_fixup",
        f"--inh-caps=-all,+{capability}",
        f"--ambient-caps=+{capability}",
        f"--bounding-set=-all,+{capability}",
    )


def test_no_right_is_kept_where_everybody_may_enter() -> None:
    assert derive_flags(ROOT, ()) == PLAIN


def test_the_right_to_pass_is_kept_below_a_closed_folder() -> None:
    assert derive_flags(ROOT, PASS) == keeping("dac_read_search")


def test_a_container_without_that_right_uses_the_broader_one() -> None:
    assert derive_flags(ROOT - {"dac_read_search"}, PASS) == keeping("dac_override")


def test_a_program_that_others_may_not_run_needs_the_broader_one() -> None:
    assert derive_flags(ROOT, OVERRIDE) == keeping("dac_override")


@pytest.mark.parametrize("lost", [{"dac_read_search", "dac_override"}, {"setpcap"}])
def test_without_either_the_way_out_is_named(lost: set[str]) -> None:
    with pytest.raises(MissingPrivilege, match="because a parent folder is closed to others: run as another user, or"):
        derive_flags(ROOT - lost, PASS)


@pytest.mark.parametrize("lost", ["chown", "kill", "setgid", "setuid"])
def test_a_root_that_cannot_change_account_is_told_so(lost: str) -> None:
    with pytest.raises(MissingPrivilege, match=f"because root lacks {lost} here"):
        derive_flags(ROOT - {lost}, ())


def test_a_capability_counts_if_it_is_permitted_and_may_be_passed_on() -> None:
    status = "Name:\tpython\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000007\nCapBnd:\t0000000000000006\n"
    assert read_capabilities(status) == {"dac_override", "dac_read_search"}


def test_what_is_wanted_follows_the_modes_of_folders_and_program(tmp_path: Path) -> None:
    program = tmp_path / "postgres"
    program.touch(mode=0o755)
    closed = any(not folder.stat().st_mode & 1 for folder in program.parents)
    assert choose_wanted(tmp_path / "data", program) == (PASS if closed else ())
    tmp_path.chmod(0o700)
    assert choose_wanted(tmp_path / "data", program) == PASS
    program.chmod(0o700)
    assert choose_wanted(tmp_path / "data", program) == OVERRIDE
