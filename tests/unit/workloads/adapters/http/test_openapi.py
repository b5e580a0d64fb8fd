"""The OpenAPI document is valid, complete, and readable as a page that needs nothing from elsewhere."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import pytest
from aiohttp import web
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from notifications.adapters.http.openapi import Document, describe_api
from notifications.adapters.http.openapi_page import render_page
from notifications.adapters.http.operation import HTML, Caller, Operation, Parameter
from notifications.domain.errors import KeyReused, NotFound, Resync
from tests.support.apis import all_routes

NUMBER = Parameter("number", Annotated[int, Meta(ge=1)], "Which <b>one</b>.", "path")


class Thing(TypedDict):
    """A `thing` & more."""

    name: str | None


@Operation(Caller.PRODUCER, {201: (Thing, list[Thing])}, body=Thing, parameters=(NUMBER,), refusals=(KeyReused, Resync))
async def make(_: web.Request) -> web.Response:
    """Make a thing
    of <script>.

    It can be taken back.
    """
    return web.Response()


@Operation(Caller.ANYBODY, {200: HTML, 204: None})
async def look(_: web.Request) -> web.Response:
    """Look."""
    return web.Response()


@pytest.fixture(scope="module")
def document() -> Document:
    """What is said of two routes, and of one that says nothing."""

    async def hide(_: web.Request) -> web.Response:
        return web.Response()

    return describe_api(
        [web.put(r"/api/things/{number:\d{1,9}}", make), web.get("/api/look", look), web.get("/", hide)], "1.2"
    )


@pytest.fixture(scope="module")
def whole() -> Document:
    """What is said of every route there is."""
    return describe_api(all_routes(), "1.2")


def test_the_document_is_valid(document: Document, whole: Document) -> None:
    for each in (document, whole):
        validate(each, cls=OpenAPIV31SpecValidator)
    assert len(whole["paths"]) > 8


def test_each_reference_leads_somewhere(whole: Document) -> None:
    for reference in set(references(whole)):
        found: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def test_each_link_gives_an_operation_all_that_stands_in_its_path(whole: Document) -> None:
    operations = {described["operationId"]: described for described in operations_of(whole)}
    links = [link for described in operations.values() for link in links_of(described)]
    assert links
    for link in links:
        taken = {each["name"] for each in operations[link["operationId"]]["parameters"] if each["in"] == "path"}
        assert taken
        assert link["parameters"].keys() == taken


def test_an_operation_says_what_its_handler_declares(document: Document) -> None:
    made = document["paths"]["/api/things/{number}"]["put"]
    assert (made["summary"], made["description"]) == ("Make a thing of <script>", "It can be taken back.")
    assert made["security"] == [{"token": ["notifications:write"]}]
    assert made["parameters"] == [
        {
            "name": "number",
            "in": "path",
            "required": True,
            "description": "Which <b>one</b>.",
            "schema": {"type": "integer", "minimum": 1},
        }
    ]
    assert made["requestBody"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    assert [*made["responses"]] == ["201", "400", "401", "403", "410", "413", "422", "503", "408", "500"]
    looked = document["paths"]["/api/look"]["get"]
    assert looked["security"] == []
    assert looked["responses"]["200"]["content"] == {"text/html": {"schema": {"type": "string"}}}
    assert "content" not in looked["responses"]["204"]
    assert [*document["paths"]] == ["/api/things/{number}", "/api/look"]


def test_a_refusal_is_a_problem_that_names_its_codes(document: Document) -> None:
    refused = document["components"]["responses"]["Unauthenticated"]
    assert {"`UNAUTHENTICATED`", "`TOKEN_EXPIRED`"} <= set(refused["description"].split())
    assert refused["headers"]["WWW-Authenticate"]["required"]
    assert [*refused["content"]] == ["application/problem+json"]
    codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert {"INVALID", "TOKEN_EXPIRED", "NOT_FOUND", "RESYNC", "UNAVAILABLE"} <= set(codes)


def test_errors_that_are_answered_alike_share_a_description() -> None:
    class Gone(NotFound):
        """It was there."""

    @Operation(Caller.ANYBODY, {200: None}, refusals=(NotFound, Gone))
    async def find(_: web.Request) -> web.Response:
        """Find."""
        return web.Response()

    told = describe_api([web.get("/api/find", find)], "1")["components"]["responses"]["GoneOrNotFound"]["description"]
    assert told == "`NOT_FOUND` It was there.\n\n`NOT_FOUND` No such thing, or not visible to who asks."


def test_the_page_shows_text_as_text(document: Document) -> None:
    page = render_page(document, "style.css")
    assert "Make a thing of &lt;script&gt;." in page
    assert "Which &lt;b&gt;one&lt;/b&gt;." in page
    assert "A <code>thing</code> &amp; more." in page


def test_the_page_writes_values_as_json_does(whole: Document) -> None:
    page = render_page(whole, "style.css")
    assert "else <code>true</code>" in page
    assert not re.search(r"<code>(None|True|False)</code>", page)


def test_the_page_names_no_host_and_runs_nothing(whole: Document) -> None:
    page = render_page(whole, "style.css")
    assert not re.search(r'<script|<iframe|<img|\son\w+=|style=|(href|src|action)="(\w+:|//)', page)


def test_each_name_on_the_page_leads_to_a_place_on_it(whole: Document) -> None:
    page = render_page(whole, "style.css")
    places = re.findall(r' id="([^"]*)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(places)
    assert {described["operationId"] for described in operations_of(whole)} <= set(places)


def operations_of(document: Document) -> Iterator[Document]:
    return (operation for methods in document["paths"].values() for operation in methods.values())


def links_of(operation: Document) -> Iterator[Document]:
    return (link for answer in operation["responses"].values() for link in answer.get("links", {}).values())


def references(document: Document) -> list[str]:
    return re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
