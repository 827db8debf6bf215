"""Pictures inside the page: their ids are their own, their colours are the page's."""

from matplotlib.figure import Figure

from analysis.figures import svg
from analysis.report.theme import inline, variables
from runner.pictures import project_style


def picture():
    with project_style():
        figure = Figure()
        figure.subplots().plot([0, 1], color="#0072b2")
        return svg(figure)


def test_ids_of_two_pictures_differ_and_every_reference_has_its_target():
    first, second = (inline(picture(), name, "a line") for name in ("one", "two"))
    ids = [{part.split('"')[0] for part in text.split(' id="')[1:]} for text in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    references = [part.split(")")[0] for part in first.split("url(#")[1:]]
    references += [part.split('"')[0] for part in first.split('href="#')[1:]]
    assert references
    assert set(references) <= ids[0]


def test_a_picture_has_the_colours_of_the_page_and_no_style_of_its_own():
    text = inline(picture(), "one", "a line &amp; more")
    assert text.startswith('<svg role="img" aria-label="a line &amp; more" ')
    assert "stroke: var(--0072b2)" in text
    assert not any(colour in text for colour in ("#0072b2", "#ffffff", "#222222"))
    assert not any(tag in text for tag in ("<style", "<metadata", "<!--", "<?xml"))
    assert set(variables()) == set(variables(dark=True))
    assert variables()["0072b2"] == "#0072b2" != variables(dark=True)["0072b2"]
