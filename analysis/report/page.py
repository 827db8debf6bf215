"""The report's text: Markdown from the templates, and the page that stands alone from it."""

import base64
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timezone

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from analysis import formatting
from analysis.reading import PARAMS, Study
from analysis.report.escaping import code, escape, verbatim
from analysis.report.findings import Findings
from analysis.report.provenance import provenance
from analysis.sections import SECTIONS
from analysis.statistics import SEEDS, group_keys, varying
from runner.draws import DRAWS
from runner.losses import CAUSES, LOSSES
from runner.process import plural

TITLE = "What does the learning rate do?"

LONG = 40
"""Rows from which on a table is folded on the page."""

PAGES = jinja2.PackageLoader("analysis.report")

FIGURES = "figures"
"""The folder of the pictures beside the report."""


def markdown(study: Study, found: Findings) -> str:
    """The report as Markdown; its pictures are `figures/NAME.svg` for each section with one."""
    runs = study.runs
    keys = varying(found.summary)
    ascending = [key != "lr" for key in keys]
    text = (
        environment()
        .get_template("report.md.j2")
        .render(
            title=TITLE,
            study=study,
            found=found,
            keys=keys,
            losses={name: form for name, form in LOSSES.items() if (runs["loss"] == name).any()},
            rows=found.summary.sort_values(keys, ascending=ascending).to_dict("records"),
            fixed={
                key: found.summary[key].iloc[0]
                for key in found.summary
                if key in runs and key not in keys and key in group_keys(runs)
            },
            seeds=_seeds(study),
            runs=runs.sort_values("lr", ascending=False, kind="stable").to_dict("records"),
            made=provenance(study),
            written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def html(text: str, pictures: Mapping[str, str]) -> str:
    """The page that stands alone: `text` as Markdown, with its pictures (SVG by name) inside."""
    parser = _parser(pictures)
    tokens = parser.parse(text)
    _captions(tokens)
    _wrap_tables(tokens)
    _anchors(tokens)
    for token in tokens:
        for image in token.children or ():
            if image.type == "image":
                name = str(image.attrs["src"]).removeprefix(f"{FIGURES}/").removesuffix(".svg")
                encoded = base64.b64encode(pictures[name].encode()).decode()
                image.attrs["src"] = f"data:image/svg+xml;base64,{encoded}"
                image.attrs["loading"] = "eager"
    body = parser.renderer.render(tokens, parser.options, {})
    headings = [
        (tokens[place].attrs["id"], tokens[place + 1].content)
        for place in range(len(tokens))
        if tokens[place].type == "heading_open" and tokens[place].tag == "h2"
    ]
    page = jinja2.Environment(loader=PAGES, autoescape=True).get_template("index.html.j2")
    return page.render(title=TITLE, body=body, headings=headings)


def _parser(pictures: Collection[str]) -> MarkdownIt:
    """Reads the report's Markdown, of which no link is live, and no image but its pictures."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["html_block", "html_inline", "link", "autolink", "reference"])
    ours = {f"{FIGURES}/{name}.svg" for name in pictures}
    parser.validateLink = lambda url: url in ours  # type: ignore[method-assign]  # how markdown-it is told
    return parser


def environment() -> jinja2.Environment:
    """The templates of the page, and those of the sections as figures/NAME and tables/NAME."""
    of_sections = {
        f"{kind}/{section.name}.md.j2": template
        for section in SECTIONS
        for kind, template in (("figures", section.figure), ("tables", section.tables))
        if template
    }
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([PAGES, jinja2.DictLoader(of_sections)]),
        autoescape=True,  # what a macro makes is Markup
        finalize=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "code": code,
        "column_rule": _column_rule,
        "figure": formatting.figure,
        "p": lambda value: Markup(formatting.p_value(value)),  # < 0.0001 is no tag
        "percent": formatting.percent,
        "plain": formatting.plain,
        "plural": plural,
        "verbatim": verbatim,
    }
    environment.globals |= {
        "causes": CAUSES,
        "design": formatting.design,
        "draws": DRAWS,
        "estimate": formatting.estimate,
        "interval": formatting.interval,
        "key_name": _key_name,
        "to_settle": formatting.to_settle,
    }
    return environment


def _column_rule(key: str) -> Markup:
    """What stands below the head of a key's column: words to the left, numbers to the right."""
    return Markup("---" if PARAMS[key] is str else "---:")


def _key_name(key: str) -> str:
    return {"lr": "learning rate", "batch_size": "batch size"}.get(key, key)


def _seeds(study: Study) -> str:
    """Which seeds the runs of one row differ in, in words."""
    runs = study.runs
    varied = [seed for seed in SEEDS if seed not in group_keys(runs)]
    if varied == list(SEEDS) and (runs["seed"] == runs["order_seed"]).all():
        values = formatting.value_range(runs["seed"].unique().tolist())
        return f"seed, which draws the parameters and the order ({values})"
    ranges = {seed: formatting.value_range(runs[seed].unique().tolist()) for seed in varied}
    return " and ".join(f"{seed} ({ranges[seed]})" for seed in varied) or "nothing"


def _captions(tokens: list[Token]) -> None:
    """Make a figure of each paragraph that begins with an image; the rest is its caption."""
    for place, token in enumerate(tokens):
        children = token.children or []
        if children and children[0].type == "image":
            tokens[place - 1].tag = tokens[place + 1].tag = "figure"
            while len(children) > 1 and children[1].type in ("hardbreak", "softbreak"):
                del children[1]
            opening, closing = Token("html_inline", "", 0), Token("html_inline", "", 0)
            opening.content, closing.content = "</div><figcaption>", "</figcaption>"
            scroll = Token("html_inline", "", 0)
            scroll.content = '<div class="wide">'
            token.children = [scroll, children[0], opening, *children[1:], closing]


def _wrap_tables(tokens: list[Token]) -> None:
    """Let wide tables scroll by themselves, fold long ones, and mark those worth sorting."""
    places = [place for place, token in enumerate(tokens) if token.type == "table_open"]
    for start in reversed(places):
        end = next(i for i in range(start, len(tokens)) if tokens[i].type == "table_close")
        rows = sum(token.type == "tr_open" for token in tokens[start:end]) - 1
        if rows > 1:
            tokens[start].attrs["class"] = "sortable"
        opening, closing = Token("html_block", "", 0), Token("html_block", "", 0)
        opening.content, closing.content = '<div class="wide">\n', "</div>\n"
        if rows > LONG:
            opening.content = f"<details><summary>{rows} rows</summary>{opening.content}"
            closing.content += "</details>\n"
        tokens[start : end + 1] = [opening, *tokens[start : end + 1], closing]


def _anchors(tokens: list[Token]) -> None:
    """Give each heading an id of its words."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            name = re.sub(r"[^a-z0-9]+", "-", tokens[place + 1].content.lower()).strip("-")
            token.attrs["id"] = name
