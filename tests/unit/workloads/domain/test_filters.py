"""What a subscription's filter lets through, and which filters are refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid, Refused, TooLarge
from notifications.domain.filters import read_filter

ORDER = {"state": "open", "order": {"total": 5, "paid": False, "note": None, "lines": [1]}, "a.b": 1}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ({}, True),
        ({"state": ["open"]}, True),
        ({"state": ["closed", "open"]}, True),
        ({"state": ["closed"]}, False),
        ({"state": ["open"], "order.total": [5]}, True),
        ({"state": ["open"], "order.total": [6]}, False),
        ({"order.total": [5.0]}, True),
        ({"order.total": ["5"]}, False),
        ({"order.paid": [False]}, True),
        ({"order.paid": [0]}, False),
        ({"order.note": [None]}, True),
        ({"order.missing": [None]}, False),
        ({"order": [None]}, False),
        ({"order.lines": [1]}, False),
        ({"order.lines.0": [1]}, False),
        ({"state.open": ["open"]}, False),
        ({"a.b": [1]}, False),
    ],
)
def test_every_path_must_lead_to_one_of_its_values(asked: dict[str, Any], passes: bool) -> None:
    assert read_filter(asked).passes(ORDER) is passes


@pytest.mark.parametrize("payload", [None, "open", 1, [], [{"state": "open"}]])
def test_a_payload_that_is_no_object_passes_only_a_filter_without_conditions(payload: object) -> None:
    assert read_filter({}).passes(payload)
    assert not read_filter({"state": ["open"]}).passes(payload)


@pytest.mark.parametrize(
    "asked",
    [None, "state", [], 1, {"": ["open"]}, {"state": "open"}, {"state": []}, {"state": [{}]}, {"state": [["open"]]}],
)
def test_what_is_no_filter_is_refused(asked: object) -> None:
    with pytest.raises(Invalid, match="filter"):
        read_filter(asked)


@pytest.mark.parametrize(
    "asked",
    [
        {f"path{number}": [1] for number in range(9)},
        {"a" * 129: [1]},
        {".".join("abcdefghi"): [1]},
        {"state": list(range(51))},
        {"state": ["x" * 129]},
    ],
)
def test_a_filter_of_unreasonable_size_is_refused(asked: object) -> None:
    with pytest.raises(TooLarge, match="filter"):
        read_filter(asked)


@given(DOCUMENTS, DOCUMENTS)
def test_no_json_breaks_it(asked: object, payload: object) -> None:
    try:
        found = read_filter(json.loads(json.dumps(asked)))
    except Refused:
        return
    assert found.passes(payload) in (True, False)


@given(st.dictionaries(st.text(min_size=1, max_size=5).filter(lambda key: "." not in key), SCALARS, max_size=8))
def test_a_payload_passes_the_filter_that_is_made_of_it(payload: dict[str, Any]) -> None:
    short = {key: value for key, value in payload.items() if not isinstance(value, str) or len(value) <= 128}

    assert read_filter({key: [value] for key, value in short.items()}).passes(payload)
