"""The docs site: the Markdown pages of this repository as they stand, by Sphinx. `make docs-site` builds it."""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

project = "counterpoise"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md"]  # of the checkout, so that every link between pages is one on the site, too
exclude_patterns = [".*", "integration_tests"]  # not walked: environments, and packages that lead back here
myst_heading_anchors = 4  # anchors of headings as GitHub makes them
suppress_warnings = ["misc.highlighting_failure"]  # SQL with Jinja in it, CSV: shown plain
html_theme = "furo"
html_title = "counterpoise"
html_extra_path = ["site"]  # the way in: index.html
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_show_search_summary = False  # a page that was opened from a file may not read another

# dbt's own page about the models stands beside the pages (`make docs-site`); links to other folders are words here.
PAGES_OF_FOLDERS = {"models": "models.html#!/overview/counterpoise"}


def _name_folders(app: Sphinx, doctree: nodes.document) -> None:
    """Links to a folder, which a repository shows and a site cannot."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["refdomain"] is not None:
            continue
        name, path = app.env.relfn2path(link["reftarget"])
        if Path(path).is_dir():
            page = PAGES_OF_FOLDERS.get(name.rstrip("/"))
            up = "../" * app.env.docname.count("/")
            shown = nodes.reference("", "", *link.children, refuri=up + page) if page else link.children
            link.replace_self(shown)


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", _name_folders)
