"""MLflow's UI, as `lrstudy-ui` serves it, shows the story of a small sweep in a real browser."""

import contextlib
import itertools
import re

import pytest
from support.browser import WIDE, Watched
from support.served import served

from runner.tracking.views import page as page_of

FORMS, RATES = ("pick_log", "log_pick", "log_softmax"), ("1.0", "0.1", "0.01")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNKNOWN_USER = "/ajax-api/2.0/mlflow/users/current"
"""What MLflow's UI asks for, and its server has only where it is one with a login."""

ASSISTANT_WAS_SHOWN = """self === top && localStorage.setItem(
  "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true")"""
"""In the page itself only: an artifact's frame has no storage."""


@pytest.fixture(scope="module")
def link(study):
    with served(study) as (_, link):
        yield link


@pytest.fixture
def ui(chromium, link):
    with watching(chromium, link, {**WIDE, "width": 2400}) as watched:
        yield watched


@contextlib.contextmanager
def watching(chromium, link, viewport):
    """A page that must, at the end, have asked this machine only and have met no error."""
    server = link.partition("#")[0]
    with Watched(chromium, viewport) as watched:
        watched.page.add_init_script(ASSISTANT_WAS_SHOWN)
        watched.open = lambda place: watched.page.goto(server + place)
        yield watched
        assert watched.hosts == {server.removeprefix("http://").rstrip("/")}
        assert set(watched.refused) <= {UNKNOWN_USER}
        assert [error for error in watched.errors if "ResizeObserver" not in error] == []


def test_the_first_screen_shows_the_reversal_between_forms_at_learning_rate_1(chromium, headline):
    """What a person sees of a store that holds other runs too: nine lines that are named."""
    with (
        served(headline) as (_, link),
        watching(chromium, link, {"width": 1500, "height": 900}) as ui,
    ):
        ui.page.goto(link)
        lines = {}
        for form, lr in itertools.product(FORMS, RATES):
            name = ui.page.get_by_text(f"loss: {form}, lr: {lr}", exact=False).first
            name.wait_for()
            assert in_sight(ui.page, name)
            box = name.bounding_box()
            lines[form, lr] = box["y"] + box["height"] / 2
            full, shown = name.evaluate("one => [one.scrollWidth, one.clientWidth]")
            assert full <= shown, "the name is cut off"
        died = in_column(ui.page, "diverged", lines)
        accuracy = in_column(ui.page, "test_acc", lines)
        assert died["pick_log", "1.0"] == died["log_pick", "1.0"] == 1
        assert died["log_softmax", "1.0"] == 0
        survivors = {setting: accuracy[setting] for setting in lines if not died[setting]}
        assert max(survivors, key=survivors.get) == ("log_softmax", "1.0")
        assert accuracy["pick_log", "1.0"] == pytest.approx(0.1)
        first = ui.page.get_by_text("At learning rate 1, 1 of 1 runs of pick_log diverged")
        assert in_sight(ui.page, first)
        assert ui.page.get_by_text("Group: ").count() == 9


def in_sight(page, element):
    """Whether a person sees the element without scrolling."""
    box, screen = element.bounding_box(), page.viewport_size
    return (
        0 <= box["x"] <= box["x"] + box["width"] <= screen["width"]
        and 0 <= box["y"] <= box["y"] + box["height"] <= screen["height"]
    )


def in_column(page, column, lines):
    """The number that stands in this column of each line, by where it is on the screen."""
    header = page.get_by_role("columnheader", name=column, exact=True).first.bounding_box()
    found = {}
    for cell in page.get_by_role("gridcell").all():
        box = cell.bounding_box()
        if box and abs(box["x"] - header["x"]) < 20:
            for setting, middle in lines.items():
                if box["y"] < middle < box["y"] + box["height"]:
                    found[setting] = float(cell.inner_text().split()[0])
    return found


def test_the_headline_s_charts_have_a_bar_for_each_form_and_rate(chromium, headline):
    with served(headline) as (_, link), watching(chromium, link, WIDE) as ui:
        ui.page.goto(f"{link}&compareRunsMode=CHART")
        ui.page.get_by_text("Headline", exact=True).wait_for()
        for place in range(2):
            bars = ui.page.locator(".js-plotly-plot").nth(place).locator(".bars .point")
            bars.nth(8).wait_for(state="attached")
            assert bars.count() == 9


def test_no_tag_that_serves_the_program_stands_on_a_run_s_page(ui, tracking):
    run = next(iter(tracking.finished().values()))
    ui.open(f"#/experiments/{tracking.experiment_id}/runs/{run.info.run_id}")
    ui.page.get_by_text("outcome").first.wait_for()
    for word in ("pid", "commander", "process_start"):
        assert not ui.page.get_by_text(re.compile(word)).count()


def test_the_printed_link_shows_each_run_with_its_outcome_and_metrics(ui, link, tracking):
    ui.page.goto(link)
    for run in tracking.finished().values():
        ui.page.get_by_role("link", name=run.info.run_name).wait_for()
    assert not ui.page.get_by_text("sweep of 4").count()
    for column in ("lr", "seed", "outcome", "test_acc", "diverged"):
        ui.page.get_by_role("columnheader", name=column, exact=True).first.wait_for()
    for run in tracking.finished().values():
        for value in (run.data.tags["outcome"], str(run.data.metrics["test_acc"])):
            ui.page.get_by_role("gridcell", name=value, exact=True).first.wait_for()


def test_the_note_leads_to_the_runs_grouped_by_setting(ui, link):
    ui.page.goto(link)
    ui.page.get_by_text("What does the learning rate do").wait_for()
    target = ui.page.get_by_role("link", name="by setting").get_attribute("href")
    ui.open(target[target.index("#") :])
    for rate in ("0.1", "1.0"):
        ui.page.get_by_text(
            re.compile(rf"^Group: loss: pick_log, init_sigma: 1.0, lr: {rate},")
        ).wait_for()
    assert ui.page.get_by_text(re.compile(r"^1 \(average\)$")).count()  # all of lr=1 diverged


def test_charts_appear_with_a_line_for_each_learning_rate(ui, tracking):
    ui.open(page_of(tracking.experiment_id, "mean_curves"))
    ui.page.locator(".js-plotly-plot .trace").first.wait_for()
    charts = ui.page.locator(".js-plotly-plot")
    assert charts.count() >= 3
    for rate in ("0.1", "1.0"):
        ui.page.get_by_text(re.compile(rf"lr: {rate}, .*\(diverged\)$")).first.wait_for()


def test_a_diverged_run_s_page_opens_and_says_what_happened(ui, tracking):
    run = next(run for run in tracking.finished().values() if run.data.metrics["diverged"])
    ui.open(f"#/experiments/{tracking.experiment_id}/runs/{run.info.run_id}")
    ui.page.get_by_role("heading", name=run.info.run_name).wait_for()
    ui.page.get_by_text(re.compile(r"Update \d+, in epoch \d+: ")).first.wait_for()
    ui.page.get_by_text("diverged_update").first.wait_for()
    assert ui.page.get_by_text("fashion-mnist-train").first.is_visible()


def test_the_picture_of_a_run_is_shown_among_its_artifacts(ui, tracking):
    run = next(run for run in tracking.finished().values() if not run.data.metrics["diverged"])
    ui.open(f"#/experiments/{tracking.experiment_id}/runs/{run.info.run_id}/artifacts/curves.png")
    ui.page.locator("img").first.wait_for()
    ui.page.wait_for_function("[...document.images].some(image => image.naturalWidth === 600)")


def test_the_report_and_its_summary_are_shown_among_the_sweep_s_artifacts(
    ui, tracking, study_report
):
    (sweep,) = tracking.runs("tags.kind = 'sweep'")
    page = f"#/experiments/{tracking.experiment_id}/runs/{sweep.info.run_id}/artifacts/report"
    ui.open(f"{page}/index.html")
    inside = ui.page.frame_locator("iframe")
    inside.get_by_role("heading", name="The answer").wait_for()
    first = (study_report / "report.md").read_text().split("\n1. ")[1].split("\n")[0]
    assert first.strip("*\\") in inside.locator("body").inner_text()
    ui.page.get_by_text("summary.csv").first.click()
    ui.page.get_by_text("Previewing the first 2 rows").wait_for()
    ui.page.get_by_role("columnheader", name="batch_size").first.wait_for()


def test_the_best_model_is_listed(ui, tracking):
    ui.open(f"#/experiments/{tracking.experiment_id}/models?workflowType=machine_learning")
    ui.page.get_by_text("pick_log sigma=1 lr=0_1 bs=256").first.wait_for()
