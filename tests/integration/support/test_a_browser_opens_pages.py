"""The browser of the tests runs a page's script."""

from playwright.async_api import Browser


async def test_a_page_runs_its_script(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<p></p><script>document.querySelector('p').textContent = 6 * 7</script>")
    assert await page.text_content("p") == "42"
