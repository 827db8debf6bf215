"""The report's text: Markdown from the templates, and the page that stands alone from it."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from analysis import formatting
from analysis.reading import PARAMS, Study
from analysis.report.escaping import code, escape, verbatim
from analysis.report.findings import Findings
from analysis.report.provenance import provenance
from analysis.report.theme import inline, variables
from analysis.sections import SECTIONS, form_name, in_order, in_words, setting_name
from analysis.statistics import SEEDS, group_keys, varying
from runner.draws import DRAWS
from runner.losses import CAUSE_NAMES, CAUSES, LOSSES
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
    text = (
        environment()
        .get_template("report.md.j2")
        .render(
            title=TITLE,
            study=study,
            found=found,
            keys=keys,
            losses={name: form for name, form in LOSSES.items() if (runs["loss"] == name).any()},
            rows=in_order(found.summary).to_dict("records"),
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


def html(
    text: str,
    pictures: Mapping[str, str],
    narrow: Mapping[str, str],
    runs: Mapping[str, Any] | None = None,
) -> str:
    """The page that stands alone: `text` as Markdown, with its pictures (SVG by name) inside.

    `narrow` are those of the pictures that are drawn anew for a phone, `runs` those to be
    explored, as from `explorer`.
    """
    parser = _parser(pictures)
    tokens = parser.parse(text)
    _figures(tokens, pictures, narrow)
    _wrap_tables(tokens)
    _anchors(tokens)
    tokens = _sections(_folded(tokens))
    pages = jinja2.Environment(loader=PAGES, autoescape=True)
    pages.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    if runs:
        _explored(tokens, pages.get_template("explorer.html.j2").render(runs=runs))
    body = parser.renderer.render(tokens, parser.options, {})
    headings = [
        (tokens[place].attrs["id"], tokens[place + 1].content)
        for place in range(len(tokens))
        if tokens[place].type == "heading_open" and tokens[place].tag == "h2"
    ]
    colours = {"light": variables(), "dark": variables(dark=True)}
    return pages.get_template("index.html.j2").render(
        title=TITLE, body=body, headings=headings, colours=colours, runs=runs
    )


def _parser(pictures: Collection[str]) -> MarkdownIt:
    """Reads the report's Markdown, of which no link is live, and no image but its pictures."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["html_block", "html_inline", "link", "autolink", "reference"])
    ours = {f"{FIGURES}/{name}.svg" for name in pictures}
    parser.validateLink = lambda url: url in ours  # type: ignore[method-assign]  # how markdown-it is told
    return parser


def environment() -> jinja2.Environment:
    """The templates of the page, and those of the sections as opening/NAME and so on."""
    of_sections = {
        f"{kind}/{section.name}.md.j2": template
        for section in SECTIONS
        for kind, template in section.templates.items()
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
        "cause_names": CAUSE_NAMES,
        "causes": CAUSES,
        "design": formatting.design,
        "draws": DRAWS,
        "estimate": formatting.estimate,
        "interval": formatting.interval,
        "form_name": form_name,
        "in_words": in_words,
        "key_name": _key_name,
        "setting_name": setting_name,
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
        return "seed, which draws the parameters and the order"
    return " and ".join(varied) or "nothing"


def _figures(tokens: list[Token], pictures: Mapping[str, str], narrow: Mapping[str, str]) -> None:
    """Make a figure of each paragraph that begins with an image; the rest is its caption."""
    for place, token in enumerate(tokens):
        children = token.children or []
        if not children or children[0].type != "image":
            continue
        tokens[place - 1].tag = tokens[place + 1].tag = "figure"
        while len(children) > 1 and children[1].type in ("hardbreak", "softbreak"):
            del children[1]
        name = str(children[0].attrs["src"]).removeprefix(f"{FIGURES}/").removesuffix(".svg")
        tokens[place - 1].attrs["id"] = f"figure-{name}"
        alt = str(Markup.escape(children[0].content))
        drawn = {"any": pictures[name]}
        if name in narrow:
            drawn = {"broad": pictures[name], "narrow": narrow[name]}
        shown = "".join(
            f'<div class="{kind}">{inline(svg, f"{name}-{kind}", alt)}</div>'
            for kind, svg in drawn.items()
        )
        token.children = [
            _raw(f"{shown}<figcaption>"),
            *children[1:],
            _raw("</figcaption>"),
        ]


def _raw(content: str, kind: str = "html_inline") -> Token:
    """A piece of HTML of our own."""
    token = Token(kind, "", 0)
    token.content = content
    return token


def _wrap_tables(tokens: list[Token]) -> None:
    """Let wide tables scroll by themselves, fold long ones, and mark those worth sorting."""
    places = [place for place, token in enumerate(tokens) if token.type == "table_open"]
    for start in reversed(places):
        end = next(i for i in range(start, len(tokens)) if tokens[i].type == "table_close")
        rows = sum(token.type == "tr_open" for token in tokens[start:end]) - 1
        if rows > 1:
            tokens[start].attrs["class"] = "sortable"
        before, after = '<div class="wide">\n', "</div>\n"
        if rows > LONG:
            before, after = (
                f"<details><summary>{rows} rows</summary>{before}",
                f"{after}</details>\n",
            )
        wrapped = [_raw(before, "html_block"), *tokens[start : end + 1], _raw(after, "html_block")]
        tokens[start : end + 1] = wrapped


def _folded(tokens: list[Token]) -> list[Token]:
    """Fold what stands under each heading of the fourth level, up to the next heading."""
    return _enclosed(tokens, "h4", "<details><summary>{}</summary>\n", "</details>\n")


def _sections(tokens: list[Token]) -> list[Token]:
    """Enclose each heading of the second level and what stands under it."""
    return _enclosed(tokens, "h2", "<section>\n", "</section>\n", kept=True)


def _explored(tokens: list[Token], explorer: str) -> None:
    """Put the HTML in which runs are explored before the section of figures."""
    heading = next(n for n, token in enumerate(tokens) if token.attrs.get("id") == "figures")
    tokens.insert(heading - 1, _raw(explorer, "html_block"))


def _enclosed(
    tokens: list[Token], level: str, opening: str, closing: str, kept: bool = False
) -> list[Token]:
    """Put what stands under each heading of a level between two pieces of HTML.

    The opening may hold the heading's words as `{}`; the heading itself stays where `kept`.
    """
    made: list[Token] = []
    opened, skip = False, 0
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            if opened and token.tag <= level:
                made.append(_raw(closing, "html_block"))
                opened = False
            if token.tag == level:
                words = str(Markup.escape(tokens[place + 1].content))
                made.append(_raw(opening.format(words), "html_block"))
                opened, skip = True, 0 if kept else 3
        if skip:
            skip -= 1
        else:
            made.append(token)
    return [*made, _raw(closing, "html_block")] if opened else made


def _anchors(tokens: list[Token]) -> None:
    """Give each heading an id of its words."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            name = re.sub(r"[^a-z0-9]+", "-", tokens[place + 1].content.lower()).strip("-")
            token.attrs["id"] = name
