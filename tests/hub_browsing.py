"""A browser in the hands of somebody who is signed in to the Team Hub."""

from playwright.async_api import BrowserContext, Page

from web.cookies import Cookie


async def signed_in(context: BrowserContext, portal: str, session: str) -> BrowserContext:
    """The browser with a session; the way to one through the form is proven elsewhere."""
    await context.add_cookies([{"name": str(Cookie.STAFF), "value": session, "url": portal}])
    return context


async def painted(page: Page) -> None:
    """The page was shown: until its first frame a browser drops every key, as nobody can mean what is not there yet."""
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
