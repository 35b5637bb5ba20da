"""What all pages have in common: each opens from a file, runs nothing and asks no other computer for anything."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page_environment(package: str, *sheets: tuple[str, str]) -> Environment:
    """Templates of a package, which may extend `frame.html`; everything from data is escaped.

    Args:
        package: import name of the package whose `templates` they are.
        sheets: style sheets of the page, by package and name; as `css`, with a `policy` for them, they stand ready.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("counterpoise")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = "".join((files(source) / "templates" / name).read_text(encoding="utf-8") for source, name in sheets)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment.globals.update(
        css=Markup(css),  # ours, not the data's
        # Nothing may load and nothing may run; the one style sheet is named by its hash.
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'",
    )
    return environment
