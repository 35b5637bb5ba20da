"""The docs as a reader has them: every command of every page run in its order, and the site that `make docs-site` makes.

A shell block is run in a folder that all pages share. A file that a page shows under its name is there. What cannot be run
here says why on the line above its block: `<!-- run by FILE: … -->` or `<!-- not run: … -->`.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from conftest import ROOT
from counterpoise.cli import main

BIN = Path(sys.executable).parent
CHROMIUM = Path("/usr/bin/chromium")
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NOT_HERE = re.compile(r"<!-- (run by (?P<file>[\w./]+)(::(?P<test>\w+))?|not run)(: (?P<why>\S[^\n]*))? -->\n *\Z")
NAMED = re.compile(r"\n`([\w./-]+)`\n\n\Z")
OUTSIDE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "DECISIONS.md")]
PAGES = [*OUTSIDE, *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    before: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def not_here(self) -> re.Match[str] | None:
        """What the line above says, where the block is not run here."""
        return NOT_HERE.search(self.before)


def _blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[2].strip(), re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE),
              text[: found.start()])
        for found in FENCE.finditer(text)
    ]  # fmt: skip


BLOCKS = [block for page in PAGES for block in _blocks(page)]
SHELL = [block for block in BLOCKS if block.language == "sh"]
RUN_HERE = [block for block in SHELL if not block.not_here]


# what every block has to say


def test_every_block_says_its_language() -> None:
    """So that a command cannot hide among what is printed: `sh` for commands, `text` for what they print."""
    assert len(BLOCKS) > 60 and len(SHELL) > 20 and len(RUN_HERE) > 5
    assert not [str(block) for block in BLOCKS if not block.language], "say `sh`, `text`, `csv`, `sql`, `yaml` after the fence"
    assert not [str(block) for block in BLOCKS if block.language in ("bash", "shell", "console", "zsh")], "say `sh`"
    lost = [
        str(block)
        for block in BLOCKS
        if block.language == "text" and re.search(r"^(\$ )?(counterpoise|make|dbt|pip) [a-z]", block.text, re.MULTILINE)
    ]
    assert not lost, "these look like commands: say `sh`"


def test_a_block_that_is_not_run_here_is_run_elsewhere_or_says_why() -> None:
    wrong = []
    for block in SHELL:
        if found := block.not_here:
            file = found["file"]
            if file and not (ROOT / file).is_file():
                wrong.append(f"{block}: there is no {file}")
            elif found["test"] and f"def {found['test']}(" not in (ROOT / file).read_text(encoding="utf-8"):
                wrong.append(f"{block}: there is no {found['test']} in {file}")
            if not (file or found["why"]):
                wrong.append(f"{block}: say why it is not run")
            if file == ".ci/run":
                called = [f"{line} " for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
                told = [line.partition("#")[0].strip() for line in block.text.splitlines()]
                wrong += [
                    f"{block}: .ci/run does not call {line}"
                    for line in told
                    if not any(call.startswith(f"{line} ") for call in called)
                ]
    assert not wrong, "\n".join(wrong)


def _commands(text: str) -> list[list[str]]:
    """Words of each `counterpoise` command of a shell block."""
    words: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        words += [*shlex.split(line, comments=True), ";"]
    commands, current = [], []
    for word in words:
        if word in (";", "&&", "|"):
            commands.append(current)
            current = []
        else:
            current.append(word)
    return [command[1:] for command in commands if command and command[0] == "counterpoise"]


def test_every_command_has_the_options_it_is_shown_with() -> None:
    """Also of those that are not run here."""
    import click

    seen = 0
    for block in SHELL:
        for words in _commands(block.text):
            if words[0].startswith("-"):
                continue
            command = main.commands[words[0]]
            with click.Context(command, info_name=words[0], ignore_unknown_options=False) as context:
                try:
                    command.make_parser(context).parse_args(words[1:])
                except click.UsageError as error:
                    pytest.fail(f"{block}: {error.format_message()}")
            seen += 1
    assert seen > 20


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """make in the checkout, whether or not a make began these tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=own, capture_output=True, text=True, timeout=300, check=False)


def test_make_run_calls_what_is_tested() -> None:
    """`make run` is simulate and run on the demo, as in test_run.py."""
    said = _make("-n", "-o", ".venv/.run-ready", "run").stdout.splitlines()
    assert said[-2:] == [
        ".venv/bin/counterpoise simulate --out .counterpoise/demo/raw --labels .counterpoise/demo/labels.csv",
        "COUNTERPOISE_SALT=counterpoise-demo-salt .venv/bin/counterpoise run --raw .counterpoise/demo/raw "
        "--db .counterpoise/demo/demo.duckdb --out .counterpoise/demo/report",
    ]


# every command


class Sandbox:
    """A folder with the files that pages show, and what their commands leave there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran: dict[str, subprocess.CompletedProcess[str]] = {}
        for block in BLOCKS:
            if name := NAMED.search(block.before[-200:]):
                path = folder / name[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """The block in a shell that ends at the first failure; once, however many pages show it."""
        if block.text not in self.ran:
            environment = os.environ | {
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "COUNTERPOISE_SALT": "a salt of the docs' own sandbox",
            }  # fmt: skip
            self.ran[block.text] = subprocess.run(
                ["sh", "-ec", block.text], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
            )
        return self.ran[block.text]


def _block_with(text: str) -> Block:
    return next(block for block in RUN_HERE if text in block.text)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """With the ten lines of docs/data-contract.md built, which other pages call `marts.duckdb`, and a panel as docs/effects.md has it."""
    sandbox = Sandbox(tmp_path_factory.mktemp("docs"))
    ran = sandbox.run(_block_with("counterpoise run --raw helpdesk/"))
    assert ran.returncode == 0, ran.stderr
    folder = sandbox.folder
    (folder / "marts.duckdb").symlink_to("helpdesk_marts.duckdb")
    (folder / ".marts.build").symlink_to(".helpdesk_marts.build")
    (folder / "answers.csv").write_text("team_id,week_start,signal_id,state\ndesk,2026-09-14,premature_close,explained\n")
    _write_panel(folder)
    return sandbox


def _write_panel(folder: Path) -> None:
    """Forty teams with the columns of the page; half of them begin, half of those in spring."""
    header = next(block.text.splitlines()[0] for block in _blocks(ROOT / "docs" / "effects.md") if block.language == "csv")
    mapping = next(block.text for block in _blocks(ROOT / "docs" / "effects.md") if block.language == "yaml")
    (folder / "panel.yml").write_text(mapping, encoding="utf-8")
    random = np.random.default_rng(1)
    mondays = np.arange("2025-11-03", "2026-06-01", 7, dtype="datetime64[D]")
    lines = [header]
    for team in range(40):
        start = "" if team >= 20 else str(mondays[16 + 4 * (team % 2)])
        for monday in mondays:
            counts = random.poisson([40, 3, 1, 1])
            values = {"team": f"t{team}", "week": monday, "start": start, "people": 8,
                      **dict(zip(("resolved", "reopened", "bugs", "complaints"), counts, strict=True))}  # fmt: skip
            lines.append(",".join(str(values[name]) for name in header.split(",")))
    (folder / "panel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("block", RUN_HERE, ids=str)
def test_the_commands_of_a_page_run_as_they_stand(block: Block, sandbox: Sandbox) -> None:
    ran = sandbox.run(block)
    assert ran.returncode == 0, f"{block.text}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"


@pytest.mark.slow
def test_the_ten_lines_give_what_the_page_shows(sandbox: Sandbox) -> None:
    page = _blocks(ROOT / "docs" / "data-contract.md")
    command = next(number for number, block in enumerate(page) if "counterpoise run" in block.text)
    assert page[command + 1].text.strip() in sandbox.run(page[command]).stdout


# the site


@pytest.fixture(scope="module")
def site(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs-site` makes, on the sandbox's marts in place of the demo's."""
    folder = tmp_path_factory.mktemp("site")
    made = _make(
        "-o", ".venv/.test-ready", "-o", "run", "docs-site", f"BIN={BIN}", f"DOCS_SITE={folder}",
        f"DEMO_BUILD={sandbox.folder / '.helpdesk_marts.build'}",
    )  # fmt: skip
    assert made.returncode == 0, f"a dead link, or a page that docs/index.md does not name:\n{made.stderr[-3000:]}"
    assert made.stdout.split() == ["Docs:", str(folder / "site" / "index.html")]
    return folder / "site"


class Html(HTMLParser):
    """Ids of a page, where its links lead, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given["id"]} if "id" in given else set()
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            self.links.append(given["content"].split("url=")[1])
        else:
            self.loaded += [given[name] for name in ("src", "href", "srcset", "data", "action", "poster") if name in given]


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {path: Html(path) for path in site.rglob("*.html") if path.name != "models.html"}


@pytest.mark.slow
def test_every_page_stands_in_the_navigation(site: Path, pages: dict[Path, Html]) -> None:
    wanted = {site / page.relative_to(ROOT).with_suffix(".html") for page in PAGES}
    home = site / "docs" / "index.html"
    named = {(home.parent / unquote(urlsplit(link).path)).resolve() for link in pages[home].links if link} | {home}
    assert len(wanted) > 60 and wanted <= named, sorted(wanted - named)


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(pages: dict[Path, Html]) -> None:
    dead, seen = [], 0
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            seen += 1
            if not target.is_file():
                dead.append(f"{path.name}: {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                dead.append(f"{path.name}: {link}")
    assert seen > 3000 and not dead, "\n".join(sorted(set(dead)))


@pytest.mark.slow
def test_nothing_of_the_site_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Html]) -> None:
    loaded = [f"{path.name}: {what}" for path, page in pages.items() for what in page.loaded]
    styles = [(path.name, path.read_text(encoding="utf-8")) for path in site.rglob("*.css")]
    loaded += [f"{name}: {what}" for name, text in styles for what in re.findall(r"(?:url\(|@import )\s*[\"']?([^\"')]+)", text)]
    assert len(loaded) > 300 and len(styles) > 2
    assert not [what for what in loaded if re.search(r": (https?:)?//", what)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: the site cannot be opened in a browser here")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.slow
def test_the_site_opens_from_files_without_a_network(browser: Any, site: Path) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Concepts", exact=True).first.click()
    assert page.locator("h1").inner_text().startswith("Concepts")
    page.get_by_role("textbox", name="Search").first.fill("reopened")
    page.keyboard.press("Enter")
    page.locator("#search-results li a", has_text="Finished work comes back").first.click()
    assert page.locator("h1").inner_text().startswith("Finished work comes back")
    page.goto((site / "docs" / "index.html").as_uri())
    page.get_by_role("link", name="The models, column by column").click()
    page.get_by_role("heading", name="counterpoise", exact=True).first.wait_for()
    page.goto((site / "models.html").as_uri() + "#!/model/model.counterpoise.team_risk")
    page.get_by_text("Never averaged over teams, never a target").first.wait_for()
    assert asked and not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not errors
    context.close()


@pytest.mark.slow
def test_the_page_of_the_models_describes_every_node(site: Path) -> None:
    """Of what dbt shows: models, seeds, sources, exposures, macros, tests with a name of their own; with every column."""
    text = (site / "models.html").read_text(encoding="utf-8")
    decoder = json.JSONDecoder()
    manifest, _ = decoder.raw_decode(text, text.index('{"metadata"'))
    shown = [
        node
        for kind in ("nodes", "sources", "exposures", "macros", "metrics", "semantic_models", "saved_queries")
        for node in manifest.get(kind, {}).values()
        if node["package_name"] == "counterpoise" and "test_metadata" not in node and node["resource_type"] != "operation"
    ]
    assert len(shown) > 300
    assert not [node["unique_id"] for node in shown if not (node["description"] or "").strip()]
    assert "doc.counterpoise.__counterpoise__" in manifest["docs"]
    catalog, _ = decoder.raw_decode(text, text.index('{"metadata"', text.index('{"metadata"') + 1))
    risk = catalog["nodes"]["model.counterpoise.team_risk"]["columns"]
    assert risk["risk"]["type"] == "DOUBLE", "the types of the columns come from marts that were built"
