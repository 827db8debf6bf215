"""The report, opened from disk in a real browser, needs nothing but itself."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.browser import PHONE, WIDE, Watched

from analysis.formatting import DASH
from analysis.report.page import LONG, html

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("Canvas");
  };
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [one, other] = [rgba(getComputedStyle(element).color), background(element)]
      .map(luminance).sort((a, b) => b - a);
    found.push([(one + 0.05) / (other + 0.05), texts.currentNode.data.trim().slice(0, 40)]);
  }
  return found;
}"""
"""Of every visible text its contrast, as the Web Content Accessibility Guidelines 2.2 define it."""

UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"

READABLE = 4.5
"""The least contrast that those guidelines ask for (success criterion 1.4.3)."""


@pytest.fixture(scope="module")
def address(study_report, tmp_path_factory):
    """The report of the small study, far from its store."""
    return Path(
        shutil.copy(study_report / "index.html", tmp_path_factory.mktemp("mailed"))
    ).as_uri()


@pytest.fixture
def opened(chromium, address):
    """Open the report, without a network, in a context with the given options."""
    pages = []

    def open_report(**options):
        watched = Watched(chromium, offline=True, **options)
        pages.append(watched)
        watched.page.goto(address)
        return watched

    yield open_report
    for watched in pages:
        watched.__exit__()


SIZES = """[...document.querySelectorAll("figure svg")].filter(one => one.checkVisibility())
  .map(one => [one.getBoundingClientRect().width, one.getBoundingClientRect().right])"""


def test_it_asks_nobody_shows_every_figure_and_has_no_error(opened):
    report = opened()
    figures = report.page.locator("figure")
    sizes = report.page.evaluate(SIZES)
    assert len(sizes) == figures.count() > 0
    assert all(width > 100 for width, _ in sizes)
    assert report.hosts == set()
    assert (report.errors, report.refused) == ([], [])


def test_on_a_phone_each_figure_is_there_once_and_nothing_of_it_is_cut_off(opened):
    report = opened(viewport=PHONE)
    sizes = report.page.evaluate(SIZES)
    assert len(sizes) == report.page.locator("figure").count()
    assert all(right <= PHONE["width"] for _, right in sizes)


def test_no_table_is_wider_than_a_laptop_s_page(opened):
    page = opened(viewport={"width": 1200, "height": 800}).page
    page.evaluate(UNFOLD)
    wider = (
        "[...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > one.clientWidth)"
    )
    assert page.evaluate(f"{wider}.map(one => one.innerText.slice(0, 80))") == []


def test_verdicts_and_the_headline_figure_are_on_a_laptop_s_first_screen(opened):
    page = opened(viewport={"width": 1366, "height": 650}).page
    for place in ("#the-answer + ol", "#figure-headline svg"):
        box = page.locator(place).first.bounding_box()
        assert box["y"] + box["height"] < 650


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(opened, scheme):
    report = opened(color_scheme=scheme)
    report.page.evaluate(UNFOLD)
    contrasts = report.page.evaluate(CONTRASTS)
    assert len(contrasts) > 50
    assert [found for found in contrasts if found[0] < READABLE] == []


def test_dark_mode_is_dark(opened):
    colours = [
        opened(color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    brightness = [sum(int(part) for part in colour[4:-1].split(",")) for colour in colours]
    assert brightness[0] > 3 * 200
    assert brightness[1] < 3 * 60
    background = opened(color_scheme="dark").page.locator("#figure-headline svg path").first
    colour = background.evaluate("one => getComputedStyle(one).fill")
    assert sum(int(part) for part in colour[4:-1].split(",")) < 3 * 60


def test_a_phone_scrolls_it_in_one_direction_only(opened):
    page = opened(viewport=PHONE).page
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_it_shows_the_same_without_javascript(opened):
    def shown(report):
        texts = report.page.locator(
            ":is(h1, h2, h3, td, figcaption):not(#explorer *)"
        ).all_inner_texts()
        return [" ".join(text.split()) for text in texts]

    assert len(shown(opened())) > 20
    assert shown(opened(java_script_enabled=False)) == shown(opened())


def test_folded_tables_are_not_printed(chromium, tmp_path):
    rows = "\n".join(f"| row {row} |" for row in range(LONG + 1))
    page = tmp_path / "index.html"
    page.write_text(html(f"### Long\n\n| head |\n|---|\n{rows}\n\n#### Less\n\nfolded\n", {}, {}))
    with Watched(chromium, offline=True, java_script_enabled=False) as report:
        report.page.goto(page.as_uri())
        assert report.page.locator("summary").all_inner_texts() == [f"{LONG + 1} rows", "Less"]
        visible = "cells => cells.map(cell => cell.checkVisibility({contentVisibilityAuto: true}))"
        report.page.emulate_media(media="print")
        assert not any(report.page.locator("details td, details p").evaluate_all(visible))


def test_a_click_on_a_column_sorts_its_table_and_another_turns_it_round(opened):
    page = opened().page
    page.evaluate(UNFOLD)
    tables = page.locator("table.sortable")
    assert tables.count() > 0

    def column(table, number):
        cells = table.locator(f"tbody tr td:nth-child({number})").all_inner_texts()
        return [cell.strip() for cell in cells]

    turned = 0
    for table in tables.all():
        heads = table.locator("thead th")
        for place in range(heads.count()):
            if not heads.nth(place).inner_text().strip():  # nothing to click on
                continue
            before = column(table, place + 1)
            known = [cell for cell in before if cell != DASH]
            dashes = [DASH] * (len(before) - len(known))
            for descending in (False, True):
                heads.nth(place).locator("button").click()
                after = column(table, place + 1)
                assert sorted(after) == sorted(before)
                assert after[len(known) :] == dashes
                values = [number_of(cell) for cell in after[: len(known)]]
                if None not in values:
                    assert values == sorted(values, reverse=descending)
            turned += column(table, place + 1) != before
    assert turned > 0


def test_a_column_is_sorted_by_what_it_holds(chromium, tmp_path):
    """Numbers by value, negative and small ones too, words by the alphabet, dashes last."""
    columns = {
        "number": (
            ["10 (9 to 11)", DASH, "-2.5", "9", "-10", "1e-05", "< 0.0001", DASH],
            ["-10", "-2.5", "1e-05", "< 0.0001", "9", "10 (9 to 11)", DASH, DASH],
        ),
        "word": (
            ["pick_log", "log_softmax", DASH, "log_pick", "pick_log", DASH, "log_pick", DASH],
            ["log_pick", "log_pick", "log_softmax", "pick_log", "pick_log", DASH, DASH, DASH],
        ),
    }
    for name, (given, expected) in columns.items():
        page = tmp_path / f"{name}.html"
        rows = "\n".join(f"| {cell} |" for cell in given)
        page.write_text(html(f"| {name} |\n|---|\n{rows}\n", {}, {}))
        with Watched(chromium, offline=True) as report:
            report.page.goto(page.as_uri())
            known = [cell for cell in expected if cell != DASH]
            dashes = expected[len(known) :]
            for wanted in (known + dashes, known[::-1] + dashes):
                report.page.locator("th button").click()
                assert report.page.locator("td").all_inner_texts() == wanted


def explored(page):
    """What the explorer shows: each text by its name, and the rows of the run's epochs."""
    shown = page.locator("#explorer [data-shows]").all()
    texts = {one.get_attribute("data-shows"): one.inner_text() for one in shown}
    rows = page.locator("#explorer tbody tr").all()
    return texts, [row.locator("td").all_inner_texts() for row in rows]


def check_explored(page, run, epochs):
    """Check what the explorer shows against a run of the report's tables."""
    texts, rows = explored(page)
    assert texts["run_id"] == run["run_id"]
    assert texts["rerun"] == f"lrstudy rerun={run['run_id']}"
    own = epochs[epochs["run_id"] == run["run_id"]]
    figures = own[["test_acc", "test_loss"]].to_numpy()
    assert rows == [
        [str(epoch), *(DASH if np.isnan(one) else f"{one:.4f}" for one in pair)]
        for epoch, pair in zip(own["epoch"], figures, strict=True)
    ]
    if run["outcome"] == "diverged":
        assert f"Died in epoch {run['diverged_epoch']:.0f}, " in texts["ending"]
        assert f"after {run['diverged_update']:.0f} update" in texts["ending"]
        assert texts["sentence"] == run["divergence_sentence"]
    else:
        assert f"Trained: test accuracy {figures[-1][0]:.4f} after 2 epochs" in texts["ending"]
        assert texts["sentence"] == ""


def test_a_run_that_is_chosen_is_shown_as_it_is_in_the_tables(opened, study_report):
    page = opened().page
    runs, epochs = (pd.read_csv(study_report / f"{name}.csv") for name in ("runs", "epochs"))
    for run in runs.to_dict("records"):
        page.get_by_role("combobox", name="learning rate").select_option(f"{run['lr']:g}")
        page.get_by_role("combobox", name="seed", exact=True).select_option(str(run["seed"]))
        check_explored(page, run, epochs)
        assert page.url.endswith(f"#run-{run['run_id']}")
    page.get_by_role("combobox", name="learning rate").focus()
    before = explored(page)
    page.keyboard.press("ArrowUp")
    assert explored(page) != before


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["laptop", "phone"])
def test_a_click_on_a_dot_leads_to_its_run_and_back(opened, study_report, viewport):
    report = opened(viewport=viewport)
    page = report.page
    runs, epochs = (pd.read_csv(study_report / f"{name}.csv") for name in ("runs", "epochs"))
    found = set()
    for dot in page.locator("#figure-headline [id*='-runs-'] use:visible").all():
        dot.click(force=True)
        texts, _ = explored(page)
        run = runs[runs["run_id"] == texts["run_id"]].iloc[0]
        check_explored(page, run, epochs)
        assert page.url.endswith(f"#run-{run['run_id']}")
        assert page.locator("#explorer h2").evaluate("one => one.getBoundingClientRect().top") < 100
        assert page.locator(".ring:visible").count() == 1
        found.add(run["run_id"])
    assert found == set(runs["run_id"])
    assert report.errors == []


def test_an_address_with_a_run_shows_it(opened, address, study_report):
    page = opened().page
    for run_id in pd.read_csv(study_report / "runs.csv")["run_id"]:
        page.goto("about:blank")
        page.goto(f"{address}#run-{run_id}")
        assert explored(page)[0]["run_id"] == run_id


def test_runs_without_dots_of_tables_without_sentences_are_shown(
    chromium, lrstudy_report, study_report, tmp_path
):
    """One setting has no headline figure; tables of an earlier program tell no death."""
    for name in ("epochs", "sweeps"):
        shutil.copy(study_report / f"{name}.csv", tmp_path)
    runs = pd.read_csv(study_report / "runs.csv", dtype=str, keep_default_na=False)
    runs.drop(columns="divergence_sentence").to_csv(tmp_path / "runs.csv", index=False)
    tables, out = str(tmp_path), tmp_path / "out"
    answer = lrstudy_report("--from", tables, "--where", "lr=1", "--output", str(out))
    assert (answer.status, answer.err) == (0, "")
    with Watched(chromium, offline=True) as report:
        report.page.goto((out / "index.html").as_uri())
        assert report.page.locator("#figure-headline").count() == 0
        texts, _ = explored(report.page)
        assert texts["run_id"] in set(runs["run_id"])
        assert texts["ending"].startswith("Died in epoch 1, after ")
        assert texts["sentence"] == ""
        assert report.errors == []


def test_nothing_of_the_explorer_is_there_without_javascript_or_in_print(opened):
    def shown(report):
        explorer = report.page.locator("#explorer, #explorer *, nav a[href='#explorer']")
        return any(explorer.evaluate_all("found => found.map(one => one.checkVisibility())"))

    assert shown(opened())
    assert not shown(opened(java_script_enabled=False))
    printed = opened()
    printed.page.emulate_media(media="print")
    assert not shown(printed)


def number_of(cell):
    """The number that a cell begins with; None for other cells."""
    try:
        return float(cell.removeprefix("< ").split()[0])
    except (ValueError, IndexError):
        return None
