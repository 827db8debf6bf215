"""Takes the README's pictures of the report and of MLflow's UI: make screenshots.

Usage: python -m support.screenshots FOLDER, in a folder where `make study` has run.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from support.browser import Watched, launched
from support.served import served

COLOURS = 128
"""Enough for a page, and a third of the bytes."""


def save(png: bytes, path: Path) -> None:
    """Save a screenshot with few colours."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def main(folder: Path) -> None:
    """Take the pictures into a folder."""
    with launched() as browser:
        with Watched(browser, {"width": 1100, "height": 1000}) as report:
            report.page.goto(Path("report/index.html").resolve().as_uri())
            save(report.page.screenshot(), folder / "report.png")
        with served(".") as (_, link), Watched(browser, {"width": 1500, "height": 900}) as ui:
            page = ui.page
            page.add_init_script(
                'localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true")'
            )
            page.goto(link)
            page.get_by_text("Group: ").last.wait_for()
            page.get_by_role("button", name="Hide banner").click()
            page.wait_for_timeout(3000)  # the columns settle
            save(page.screenshot(), folder / "ui.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
