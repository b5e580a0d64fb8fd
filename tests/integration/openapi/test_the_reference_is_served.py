"""`/api/openapi.json` describes what a gateway serves, all of it; `/api/docs` shows it without help from elsewhere."""

from playwright.async_api import Browser

from notifications.adapters.http.openapi import path_of
from tests.integration.openapi.conftest import Document
from tests.support.apis import all_routes
from tests.support.rest import Rest
from tests.support.stack import Stack


def test_every_route_that_there_is_is_served(document: Document) -> None:
    served = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert served == {(path_of(route), route.method) for route in all_routes()}


async def test_it_is_served_to_anybody_as_json(stack: Stack) -> None:
    answer = await Rest(stack.url, "").request("GET", "/api/openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.body["openapi"].startswith("3.1.")


async def test_the_page_asks_nobody_else_and_breaks_no_rule_of_its_policy(browser: Browser, stack: Stack) -> None:
    page = await browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    answer = await page.goto(f"{stack.url}/api/docs")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert set(asked) - {f"{stack.url}/favicon.ico"} == {f"{stack.url}/api/docs", f"{stack.url}/api/docs/docs.css"}
    assert [line for line in complaints if "favicon" not in line] == []
    await page.get_by_role("link", name="POST /api/notifications", exact=True).click()
    assert await page.evaluate("location.hash") == "#notifications.create"
