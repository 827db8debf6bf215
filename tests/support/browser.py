"""A page in headless Chromium, and what it did that it should not."""

import contextlib
import shutil
from urllib.parse import urlsplit

WIDE, PHONE = {"width": 1600, "height": 1000}, {"width": 375, "height": 800}


@contextlib.contextmanager
def launched():
    """Chromium as the distribution packages it; Playwright's own cannot be fetched everywhere."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A new page; `addresses` it asked for, `refused` answers, `errors` of its scripts and console.

    `refused` are left out of `errors`, where Chromium would repeat them without their address.
    """

    def __init__(self, browser, viewport=WIDE, **options):
        self.context = browser.new_context(viewport=viewport, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.addresses, self.refused, self.errors = [], [], []
        self.page.on("request", lambda request: self.addresses.append(request.url))
        self.page.on("response", self._on_response)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _on_response(self, response):
        if response.status >= 400:
            self.refused.append(urlsplit(response.url).path)

    def _on_console(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    @property
    def hosts(self):
        """Whom the page asked, apart from the file itself and what it carries inside."""
        parts = [urlsplit(address) for address in self.addresses]
        return {part.netloc for part in parts if part.scheme not in ("file", "data", "blob")}

    def images(self):
        """Of every image of the page, whether it was loaded."""
        return self.page.evaluate(
            "Promise.all([...document.images].map(image => image.decode().then("
            "() => image.naturalWidth > 0, () => false)))"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
