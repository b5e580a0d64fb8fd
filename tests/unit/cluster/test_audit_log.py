"""Lines of an audit log become events."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.audit import read_audit_log

LINE: dict[str, Any] = {
    "stage": "ResponseComplete",
    "verb": "patch",
    "user": {"username": "ann", "groups": ["staff"]},
    "userAgent": "kubectl/v1.36.3",
    "objectRef": {"resource": "pods", "subresource": "status", "namespace": "default", "name": "one"},
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-01-02T03:04:05.678901Z",
    "stageTimestamp": "2026-01-02T03:04:05.778901Z",
}


def write(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_an_event_tells_who_did_what_and_how_it_ended(tmp_path: Path) -> None:
    (event,) = read_audit_log(write(tmp_path / "log", LINE))
    assert (event.user, event.verb, event.resource, event.subresource, event.name) == (
        "ann",
        "patch",
        "pods",
        "status",
        "one",
    )
    assert (event.group, event.code, event.is_write) == ("", 200, True)
    assert (event.answered - event.received).total_seconds() == 0.1


def test_reads_are_no_writes(tmp_path: Path) -> None:
    reads = [{**LINE, "verb": verb} for verb in ("get", "list", "watch")]
    assert [event.is_write for event in read_audit_log(write(tmp_path / "log", *reads))] == [False] * 3


def test_a_watch_that_goes_on_and_a_request_of_no_object_are_no_events(tmp_path: Path) -> None:
    begun = {**LINE, "stage": "ResponseStarted"}
    objectless = {name: value for name, value in LINE.items() if name != "objectRef"}
    assert list(read_audit_log(write(tmp_path / "log", begun, objectless))) == []


def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path: Path) -> None:
    log = write(tmp_path / "log", LINE)
    with log.open("a") as file:
        file.write('{"stage": "Respon')
    assert len(list(read_audit_log(log))) == 1
