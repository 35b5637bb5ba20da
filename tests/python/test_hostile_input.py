"""Texts that want to be more than text, in every place a text can come from: they come out as what they are."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from command_line import Place, counterpoise
from conftest import ROOT, Bench
from counterpoise.errors import CounterpoiseError
from test_run_bad_input import LOG, MAPPING, TABLES

SECRET = "secret-of-the-environment-4711"
HOSTILE = {
    "sql": "'; drop table counterpoise.team_risk; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>\"'",
    "jinja": "{{ env_var('HOSTILE_SECRET') }}{% do run_query('drop table x') %}",
    "shell": "$(touch pwned)`touch pwned`; touch pwned",
    "path": "../../../etc/passwd",
    "windows path": "..\\..\\con",
    "formula": "=cmd|'/C calc'!A0",
    "long": "x" * 5000,
}
# calls that turn text into code
CODE = {"eval", "exec", "compile", "__import__"}
CODE_OF = {
    ("yaml", "load"), ("yaml", "load_all"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("os", "system"), ("os", "popen"),
    ("pickle", "load"), ("pickle", "loads"), ("marshal", "loads"), ("shelve", "open"), ("subprocess", "getoutput"),
}  # fmt: skip


def _dangers(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in CODE:
            found.append(f"line {node.lineno}: {called.id}")
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if (called.value.id, called.attr) in CODE_OF:
                found.append(f"line {node.lineno}: {called.value.id}.{called.attr}")
        for keyword in node.keywords:
            if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
                found.append(f"line {node.lineno}: shell")
    return found


def test_nothing_in_the_package_turns_text_into_code() -> None:
    for caught in ("eval('1')", "yaml.load(text)", "subprocess.run('ls', shell=True)", "pickle.loads(b'')"):
        assert _dangers(caught), caught
    files = [*(ROOT / "python").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    assert len(files) > 80
    found = {str(path.relative_to(ROOT)): _dangers(path.read_text(encoding="utf-8")) for path in files}
    assert {name: dangers for name, dangers in found.items() if dangers} == {}
    templates = [*(ROOT / "python").rglob("*.html")]
    assert templates and not [path for path in templates if re.search(r"\|\s*safe\b(?!\s*#)", path.read_text("utf-8"))]


@pytest.mark.parametrize(
    "text",
    [
        'source_system: !!python/object/apply:os.system ["touch pwned"]\n' + MAPPING,
        "source_system: !!python/name:os.system\n" + MAPPING,
        "&a [*a, *a]",
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]",
    ],
)
def test_a_mapping_file_is_data(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "map.yml").write_text(text)
    ran = counterpoise("run", "--event-log", tmp_path / "log.csv", "--mapping", tmp_path / "map.yml", "--db", tmp_path / "x.duckdb")
    assert ran.exit_code == 1 and "Traceback" not in ran.said, ran.said
    assert "map.yml" in ran.said
    assert not (tmp_path / "pwned").exists() and not (tmp_path / "x.duckdb").exists()


def test_vars_are_text(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a var is a number anything else is refused; where it is a word it stands quoted in the SQL."""
    import json

    monkeypatch.setenv("HOSTILE_SECRET", SECRET)
    bench.warehouse.release()
    texts = [text for kind, text in HOSTILE.items() if kind != "long"]
    compiled = bench.warehouse.project.work_folder / "target" / "compiled" / "counterpoise" / "models"
    bench.warehouse.project.invoke(
        ["compile", "--select", "int_creations", "--vars", json.dumps({"counterpoise_urgent_priorities": texts})]
    )
    sql = (compiled / "intermediate" / "metrics" / "int_creations.sql").read_text("utf-8")
    assert SECRET not in sql
    # as the engine reads it, the whole of each is one text
    literals = [part.replace("''", "'") for part in re.findall(r"'((?:[^']|'')*)'", re.sub(r"--[^\n']*\n", "\n", sql))]
    assert {text.lower() for text in texts} <= {literal.lower() for literal in literals}, sql
    with pytest.raises(CounterpoiseError, match="counterpoise_min_people is a whole number"):
        bench.warehouse.project.invoke(
            ["compile", "--select", "int_small_team_weeks", "--vars", json.dumps({"counterpoise_min_people": HOSTILE["jinja"]})]
        )


SEARCH = (ROOT / "python/counterpoise/report/templates/search.js").read_text(encoding="utf-8")


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A whole run on tables whose every free text is hostile: ids and names of teams, kinds, statuses, notes."""
    place = Place(tmp_path_factory.mktemp("attacked"))
    raw = place.folder / "raw"
    raw.mkdir()
    connection = duckdb.connect()
    for name, text in TABLES.items():
        (raw / f"{name}.csv").write_text(text)
    teams = list(HOSTILE.values())
    connection.execute("create table t as select unnest($1) as text", [teams])
    made = {
        "teams": "select text as team_id, text as team_name, null::varchar as parent_team_id, text as function from t",
        "work_items": "select text || i as work_item_id, text as source_system, text as item_type, text as team_id, text as category, "
        "text as priority, text as status, timestamp '2025-01-06 09:00:00' + interval 1 day * i as created_at, "
        "timestamp '2025-01-06 12:00:00' + interval 1 day * i as resolved_at from t, range(30) r(i)",
        "work_item_events": "select text || i || k as event_id, text || i as work_item_id, k as event_type, text as actor_id, "
        "text as team_id, text as from_value, text as to_value, text as field_name, timestamp '2025-01-06 09:00:00' + interval 1 day * i "
        "+ case k when 'resolved' then interval 3 hour else interval 0 hour end as occurred_at "
        "from t, range(30) r(i), (values ('created'), ('resolved')) as kinds(k)",
        "annotations": "select text as annotation_id, text as team_id, date '2025-01-13' as week_start, timestamp '2025-01-20 09:00:00' as recorded_at, text as note, "
        "'explained' as state from t",
        "survey_answers": "select text || i as answer_id, text as survey_id, text as team_id, timestamp '2025-01-08 09:00:00' as answered_at, "
        "text as construct, 3 as score, 1 as scale_min, 5 as scale_max from t, range(6) r(i)",
        "interventions": "select text as intervention_id, text as team_id, text as kind, timestamp '2025-01-15 09:00:00' as started_at, "
        "text as note from t",
    }
    for name, select in made.items():
        (raw / f"{name}.csv").unlink(missing_ok=True)
        connection.execute(f"copy ({select}) to '{raw / name}.parquet' (format parquet)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOSTILE_SECRET", SECRET)
        patch.chdir(place.folder)
        ran = place.run("--raw", raw)
    assert ran.exit_code == 0, ran.said
    assert "Traceback" not in ran.said
    yield place


@pytest.mark.slow
def test_hostile_texts_go_through_the_marts_as_they_are(attacked: Place) -> None:
    assert {row[0] for row in attacked.read("select team_name from counterpoise.dim_team")} == set(HOSTILE.values())
    shown = {row[0] for row in attacked.read("select category from counterpoise.fct_work_item")}
    assert shown == set(HOSTILE.values())
    assert attacked.read("select count(distinct team_id) from counterpoise.team_risk") == [(len(HOSTILE),)]


@pytest.mark.slow
def test_hostile_texts_are_text_on_every_page_and_in_every_file_name(attacked: Place) -> None:
    pages = sorted(attacked.report.rglob("*.html"))
    assert len(pages) >= len(HOSTILE) + 3
    for path in attacked.report.rglob("*"):
        assert re.fullmatch(r"[a-z0-9._-]{1,80}", path.name), path.name
        assert path.resolve().is_relative_to(attacked.report.resolve())
    for path in pages:
        text = path.read_text("utf-8")
        # the search among all teams is the one script, ours to the letter
        ours = f"<script>{SEARCH}</script>"
        assert text.count(ours) == (path.name == "teams.html"), path.name
        page = _Page(text.replace(ours, ""))
        assert not {"script", "iframe", "object", "embed", "base", "form"} & page.tags, path.name
        assert not page.handlers, path.name
        assert "Content-Security-Policy" in text, path.name
        assert "<img src=x" not in text, path.name


@pytest.mark.slow
def test_hostile_texts_run_nothing_and_read_nothing(attacked: Place) -> None:
    assert not list(attacked.folder.rglob("pwned")) and not Path("pwned").exists()
    for path in attacked.folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
