"""Tables, picture, and their place in the document."""

from xml.etree import ElementTree as ET

import pytest

from tests.bench.figures import Figure
from tests.bench.report import BEGIN, DOCUMENT, END, Rounds, describe, draw, insert
from tests.bench.scenario import plan

FIGURES = [
    Figure(system=system, scenario="room", round=number, deliveries_per_second=factor * number, p99_ms=4.25)
    for number in (1, 2, 3)
    for system, factor in (("notification-gateway", 3000.0), ("socket.io", 1000.0))
]
TEXTS = {"room": "many in one room", "idle": "never measured"}


def test_a_table_tells_median_spread_and_ratio() -> None:
    text = describe(Rounds(["A machine."], "abc", FIGURES, {}), TEXTS)
    assert "| notification-gateway | 6,000 [3,000 to 9,000] | 3.00 [3.00 to 3.00] |  | 4.25 |  | 0 | 0 | 3 |" in text


def test_a_scenario_without_figures_has_no_table() -> None:
    assert "idle" not in describe(Rounds(["A machine."], "abc", FIGURES, {}), TEXTS)


def test_what_was_left_out_is_said_with_its_reason() -> None:
    text = describe(Rounds(["A machine."], "abc", FIGURES, {"centrifugo": "no program"}), TEXTS)
    assert "- centrifugo: no program" in text


def test_the_text_between_the_marks_is_replaced() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert insert(document, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(AssertionError, match="no place"):
        insert("nothing", "new")


def test_the_document_has_a_place_for_figures() -> None:
    assert "figures" in insert(DOCUMENT.read_text(), "figures")


def test_the_picture_is_xml_with_a_bar_for_each_system() -> None:
    bars = ET.fromstring(draw(FIGURES, ["room"])).findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 1 + 2


def test_every_scenario_of_the_plan_says_what_it_is() -> None:
    assert all(scenario.text for scenario in plan().values())
