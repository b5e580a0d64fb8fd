"""Templates say what is meant, or where they are wrong."""

from typing import Any

import pytest

from notifications.adapters.templates.language import render
from notifications.domain.errors import BrokenTemplate

HOSTILE = "<script>alert('1')</script>"
NOTIFICATION = {"content": HOSTILE, "html": "<b>safe</b>", "actor": None}


def render_one(source: str, part: str = "text", **variables: Any) -> str:
    return render({part: source}, variables, 1_000)[part]


@pytest.mark.parametrize("name", ["notification.content", "user.name", "tenant"])
def test_whatever_goes_into_html_is_escaped(name: str) -> None:
    variables = {"notification": NOTIFICATION, "user": {"name": HOSTILE}, "tenant": HOSTILE}
    assert render_one(f"{{{{ {name} }}}}", "html", **variables) == "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"


def test_the_html_of_notifications_is_safe_already() -> None:
    assert render_one("{{ notification.html }}", "html", notification=NOTIFICATION) == "<b>safe</b>"
    every = "{% for one in notifications %}{{ one.html }}{% endfor %}"
    assert render_one(every, "html", notifications=[NOTIFICATION] * 2) == "<b>safe</b>" * 2


@pytest.mark.parametrize("part", ["subject", "text", "title", "body"])
def test_text_stays_text(part: str) -> None:
    assert render_one("{{ notification.content }}", part, notification=NOTIFICATION) == HOSTILE


def test_nothing_is_written_for_what_is_not_known() -> None:
    assert render_one("[{{ notification.actor }}]", notification=NOTIFICATION) == "[]"


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("a\nb\n{{ foo }}", 3, "'foo' is undefined"),
        ("a\n{% if %}", 2, "Expected an expression"),
        ("{% for x in [1] %}\n", 1, "endfor"),
        ("\n\n{{ 1 | shout }}", 3, "No filter named 'shout'"),
        ("\n{{ 1 / zero }}", 2, "ZeroDivisionError: division by zero"),
        ("{% macro m() %}\n{{ x.y }}{% endmacro %}\n{{ m() }}", 2, "'x' is undefined"),
        ("\n{{ user.nama }}", 2, "has no attribute 'nama'"),
        ("{{ user.__class__ }}", 1, "unsafe"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ user.update({'name': 1}) }}", 1, "unsafe"),
        ("{{ '{0.__class__}'.format(user) }}", 1, "unsafe"),
        ("{% include '/etc/passwd' %}", 1, "no loader"),
        ("{{ range(1000000) | list }}", 1, "Range too big"),
        ("{{ 'x' * 2000 }}", None, "more than 1000 characters"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", None, "calls itself without end"),
        ("{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}", None, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(source: str, line: int | None, told: str) -> None:
    with pytest.raises(BrokenTemplate, match=told) as broken:
        render_one(source, zero=0, user={"name": "Bob"})
    assert (broken.value.part, broken.value.line) == ("text", line)
    assert str(broken.value).startswith(f"text, line {line}: " if line else "text: ")
