"""The docs of the signals as HTML for the report: their words, without what leads out of it."""

import re
from pathlib import Path

import mistune
from markupsafe import Markup

from counterpoise.errors import UsageError
from counterpoise.project import find_project_dir
from counterpoise.report.words import closed_up

# name.md or name.md#anchor: another signal's page; anything else lies outside the report
_OTHER_SIGNAL = re.compile(r"([a-z0-9_]+)\.md(#.*)?")


class _Renderer(mistune.HTMLRenderer):
    """Escapes whatever is markup; links only to pages of the report."""

    def __init__(self, pages: frozenset[str]) -> None:
        super().__init__(escape=True)
        self._pages = pages

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link to another signal's page, else its words alone."""
        found = _OTHER_SIGNAL.fullmatch(url)
        if found and f"{found[1]}.html" in self._pages:
            return f'<a href="{found[1]}.html">{text}</a>'
        return text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Nothing is loaded: the words that stand for the picture."""
        return text


def signal_docs(signal_ids: list[str]) -> dict[str, Markup]:
    """The doc of each signal that has one, without its title; signals of a user's own have none."""
    try:
        folder = find_project_dir() / "docs" / "signals"
    except UsageError:
        return {}  # another dbt project was named: then the registry's words must do
    ids = [signal_id for signal_id in signal_ids if re.fullmatch(r"[a-z0-9_]+", signal_id)]
    paths = {signal_id: folder / f"{signal_id}.md" for signal_id in ids}
    paths = {signal_id: path for signal_id, path in paths.items() if path.is_file()}
    renderer = _Renderer(frozenset(f"{signal_id}.html" for signal_id in paths))
    render = mistune.create_markdown(renderer=renderer)
    return {signal_id: Markup(render(_body(path))) for signal_id, path in paths.items()}


def _body(path: Path) -> str:
    """The text below the title; the page has a title of its own."""
    return closed_up(path.read_text(encoding="utf-8").partition("\n")[2])
