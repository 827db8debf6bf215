"""What the templates of one section make of its contents."""

from analysis.report.page import environment


def rendered(section, contents):
    """The Markdown of a section: its figure and its tables."""
    return "\n".join(
        environment().get_template(f"{kind}/{section.name}.md.j2").render(
            section={**contents, "number": 1}
        )
        for kind, template in section.templates.items()
        if template
    )  # fmt: skip
