"""The digest: what it says of a week, to whom, how it looks in each channel, and that it goes out once and keeps secrets."""

import email
import email.policy
import json
import logging
import socket
import sys
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from command_line import counterpoise
from conftest import ROOT
from counterpoise.digest import send as sending
from counterpoise.digest.content import Digest, Item, TeamNews, make_digest
from counterpoise.digest.document import document
from counterpoise.digest.render import NOTIFIER_BYTES, TEAMS_BYTES, as_html, as_json, as_markdown, as_slack, as_teams
from counterpoise.digest.routes import read_routes
from counterpoise.digest.run import Told, digest, write
from counterpoise.errors import UsageError
from counterpoise.report.data import Marts, load
from counterpoise.warehouse import DuckDBFile, Postgres
from counterpoise.warehouse.base import Layout
from counterpoise.warehouse.dbt import DbtProject
from digest_fixture import BEFORE, WEEK, inbox, marts_file, write_marts
from report_fixture import make_marts, reader
from test_engines import copy_schema

SECRET = "tok3n-that-nobody-may-read"
HOSTILE = (
    "<!channel> <@U123> @here & <script>alert(1)</script> [x](javascript:alert(1)) *b* _i_ `c` ~s~ {{APP_BODY}} "
    "| ![p](http://evil/p.png)\n# big\x1b[31m\u202egnp"
)

EXPECTED = """\
# Output and outcome, week of 21 Sep 2026

Questions to ask, not verdicts. Each team is compared with its own past; nobody is ranked.

## Atlas (Support)

Elevated. Score 62 of 100, likely between 42 and 82; 86% of the evidence was there.

Why: More comes back.

**What shifted**

- Moved up from watch to elevated.
- Minimum quality is missed: Reopened within 28 days 17.0%, threshold 15.0%, from 100. Who: quality owner.

**What to ask, and who owns it**

- Look: ask. Who: quality owner. By 12 Oct 2026.⏎
  Why: 12 % where 6 % was expected.⏎
  Ask: Do reopened items and repeat contacts rise together with completions?⏎
  “Finished work comes back” can also come from: A release that broke something; a stricter habit of reopening; a new kind of request.

**Still open**

- Pair the metric. Who: team lead. It was due on 24 Sep 2026.

## Borealis (Support)

High. Score 80 of 100, likely between 60 and 100; 86% of the evidence was there.

No sign adds to the score this week.

**What shifted**

- The alert is over.

**Answered this week**

- Redefine good. Answer: declined. Who: process owner.

## Ember (Operations)

**What shifted**

- Scores are held back from now on. Its events stopped. Mend it.

## Nothing moved, still open

- Cobalt: Pair the metric. Who: team lead. By 1 Oct 2026.

Answer with the command “counterpoise answer”; “not now, because …” is an answer too. Evidence and all figures stand in the report.
""".replace("⏎", "  ")  # two spaces break a line


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marts_file(tmp_path_factory.mktemp("digest") / "marts.duckdb")


@pytest.fixture
def db(published: Path, tmp_path: Path) -> Path:
    path = tmp_path / "marts.duckdb"
    path.write_bytes(published.read_bytes())
    return path


def _change(db: Path, sql: str, *values: object) -> None:
    with duckdb.connect(str(db)) as connection:
        connection.execute(sql, list(values))


def _routes(db: Path, **kinds: object) -> Path:
    path = db.with_name("routes.yml")
    path.write_text(json.dumps(kinds))  # JSON is YAML
    return path


def _told(db: Path, routes: Path | None = None, **options: object) -> Told:
    """As the command does it, without the seconds that it takes to open a dbt project."""
    given = {"week": None, "again": False, "min_people": 5} | options
    return digest(DuckDBFile(db, DbtProject(ROOT, db.with_name(".marts.build"))), routes=routes, **given)


def _ends(told: Told) -> dict[tuple[str, int], str]:
    return {(one.route, one.address): one.status for one in told.deliveries}


def _digest_of(connection: duckdb.DuckDBPyConnection, week: date | None = None) -> Digest:
    read = reader(connection)
    return make_digest(load(read, "counterpoise", week=week), Marts(read, "counterpoise"))


# what it says


def test_the_text_of_a_week_worked_by_hand(db: Path) -> None:
    ran = counterpoise("digest", "--db", db)
    assert ran.exit_code == 0
    assert ran.stdout == EXPECTED


def test_a_small_team_appears_nowhere_and_notes_stay_at_home(db: Path, tmp_path: Path) -> None:
    told = _told(db)
    written = write(told, tmp_path / "out")
    said = "".join([*(path.read_text() for path in written), json.dumps(told.as_dict())])
    assert len(written) == 4
    assert "Atlas" in said
    for unwanted in ("Delta", "team_03", "Nobody may read this", "a note that stays at home"):
        assert unwanted not in said
    assert "Borealis" not in _told(db, min_people=10).markdown, "nine people are too few"


def test_quiet_when_nothing_moved(db: Path, tmp_path: Path) -> None:
    _change(db, "delete from counterpoise.team_risk where week_start = ? and team_id <> 'team_02'", WEEK)
    _change(db, "delete from counterpoise.next_steps where step_id <> 's4'")
    _change(db, "delete from counterpoise.check_results; delete from counterpoise.fct_guardrail_week where team_id = 'team_00'")
    with inbox() as box:
        routes = _routes(db, all=f"json://127.0.0.1:{box.port}/all")
        ran = counterpoise("digest", "--db", db, "--routes", routes, "--out", tmp_path / "out")
    assert ran.exit_code == 0
    assert "Nothing moved in the week of 21 Sep 2026: nothing is sent." in ran.stdout
    assert box.posts == []
    assert not (tmp_path / "out").exists()


def test_another_week_and_no_week(db: Path) -> None:
    first = counterpoise("digest", "--db", db, "--week", BEFORE).stdout
    assert "week of 14 Sep 2026" in first
    assert "Answer: declined" not in first, "an answer given later is not that week's"
    for week in (date(2026, 9, 22), date(2026, 9, 28)):
        with pytest.raises(UsageError, match=f"no week of {week}. Name a Monday from 2026-09-14 to 2026-09-21"):
            _told(db, week=week)


def test_a_problem_of_all_data_is_told_once() -> None:
    with make_marts(teams=5, weeks=30) as connection:
        write_marts(connection)
        assert _digest_of(connection).problems == ()  # it failed a week ago already
        connection.execute("delete from counterpoise.check_results where run_id = 'r1'")
        assert [item.text for item in _digest_of(connection).problems] == [
            "New, and it holds back scores: Said last week. Mend it."
        ]


def test_it_reads_what_is_published_and_not_what_a_run_has_left(db: Path) -> None:
    build = db.with_name(".marts.build")
    build.mkdir()
    with duckdb.connect(str(build / "work.duckdb")) as connection:
        connection.execute("create schema counterpoise; create table counterpoise.team_risk (team_id varchar)")
    assert _told(db).markdown == EXPECTED


def test_machines_get_the_same(db: Path) -> None:
    told = json.loads(counterpoise("digest", "--db", db, "--json").stdout)
    assert (told["week"], told["moved"], told["deliveries"]) == ("2026-09-21", True, [])
    assert [team["name"] for team in told["teams"]] == ["Atlas", "Borealis", "Cobalt", "Ember"], "the organisation's order"
    assert told["teams"][0]["asks"][0]["owner"] == "quality owner"


# how it looks


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def _of_hostile(teams: int = 1, items: int = 1) -> Digest:
    item = Item(HOSTILE, (HOSTILE,), "team lead")
    news = TeamNews("t", HOSTILE, HOSTILE, frozenset("t"), (HOSTILE,), asks=(item,) * items)
    return Digest(WEEK, (news,) * teams, (item,))


def test_nothing_from_data_becomes_markup_in_an_e_mail() -> None:
    page = as_html(document(_of_hostile()))
    tags = _Tags(page)
    assert tags.tags == {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "footer",
    }  # fmt: skip
    assert tags.attributes == {"lang", "charset", "name", "content", "class"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page and "\u202e" not in page


def test_nothing_from_data_becomes_markup_in_markdown() -> None:
    import markdown  # comes with the notifier, which turns Markdown into HTML with it

    text = as_markdown(document(_of_hostile()))
    tags = _Tags(markdown.markdown(text))
    assert tags.tags <= {"h1", "h2", "p", "strong", "ul", "li", "br"}
    assert "@here" not in text
    assert "<" not in text
    assert "\x1b" not in text
    assert text.count("\n# ") == 0, "one title only"
    assert as_markdown(document(Digest(WEEK, (TeamNews("t", "1. Team", None, frozenset(), ("- x", "7) y"), (Item("z"),)),)))).count(
        "\n\n\\- x\n\n7\\) y\n"
    ) == 1


def test_nothing_from_data_becomes_markup_in_slack() -> None:
    payload = as_slack(document(_of_hostile()))
    for block in payload["blocks"]:
        if block["type"] == "divider":
            continue
        text = block["text"]
        assert "@here" not in text["text"]
        if block["type"] == "header":
            assert text["type"] == "plain_text"
            assert 0 < len(text["text"]) <= 150
        else:
            assert text["verbatim"] is True
            assert "<" not in text["text"] and ">" not in text["text"]
            assert "*b*" not in text["text"] and "_i_" not in text["text"] and "`c`" not in text["text"]
            assert 0 < len(text["text"]) <= 3000
    assert "&lt;!channel&gt;" in as_json(payload)


def test_a_card_for_teams_has_only_runs_of_text() -> None:
    card = as_teams(document(_of_hostile()))["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}  # these know no Markdown
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}


def test_a_text_cannot_ask_the_notifier_to_fill_in() -> None:
    for render in (as_slack, as_teams):
        payload = render(document(_of_hostile()))
        assert "{{" not in as_json(payload)
        assert json.loads(as_json(payload)) == payload


@pytest.mark.parametrize(("teams", "items"), [(300, 1), (3, 40), (1, 300)])
def test_large_digests_keep_the_limits_and_say_what_is_left_out(teams: int, items: int) -> None:
    shown = document(_of_hostile(teams, items))
    slack, card = as_slack(shown), as_teams(shown)
    assert len(slack["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in slack["blocks"] if "text" in block)
    assert len(as_json(slack)) <= NOTIFIER_BYTES
    assert len(as_json(card)) <= TEAMS_BYTES
    assert " more team" in as_json(slack) and " more team" in as_json(card)
    assert " more team" not in as_markdown(shown)


# where it goes


def test_each_route_gets_only_its_own(db: Path) -> None:
    with inbox() as box:
        at = f"json://127.0.0.1:{box.port}"
        routes = _routes(
            db, all=f"{at}/all", owners={"process owner": f"{at}/process", "people partner": f"{at}/nobody"},
            parts={"dept-a": f"{at}/support", "team_00": [f"{at}/atlas"], "team_02": f"{at}/quiet"},
        )  # fmt: skip
        told = _told(db, routes)
    got = {path: post["message"] for path, post in box.posts}
    assert {path: [team for team in ("Atlas", "Borealis", "Cobalt", "Delta", "Ember") if team in text] for path, text in got.items()} == {
        "/all": ["Atlas", "Borealis", "Cobalt", "Ember"], "/process": ["Borealis"], "/support": ["Atlas", "Borealis"],
        "/atlas": ["Atlas"],
    }  # fmt: skip
    assert [route for (route, _), end in _ends(told).items() if end == "quiet"] == ["owners: people partner", "parts: team_02"]
    assert {post["title"] for _, post in box.posts} == {"Output and outcome, week of 21 Sep 2026"}


def test_an_owner_gets_what_is_theirs() -> None:
    with make_marts(teams=5, weeks=30) as connection:
        write_marts(connection)
        (atlas,) = (team for team in _digest_of(connection).of_owner("team lead").teams if team.team_id == "team_00")
    assert [item.text for item in atlas.shifted] == ["Moved up from watch to elevated."]
    assert (atlas.asks, len(atlas.overdue)) == ((), 1)


def test_a_week_goes_out_once_and_what_failed_is_tried_again(db: Path) -> None:
    with inbox() as box:
        at = f"json://127.0.0.1:{box.port}"
        broken = _routes(db, all=[f"{at}/{SECRET}/refused", f"{at}/one"], parts={"dept-a": f"{at}/two"})
        first = counterpoise("digest", "--db", db, "--routes", broken)
        mended = _routes(db, all=[f"{at}/mended", f"{at}/one"], parts={"dept-a": f"{at}/two"})
        assert _ends(_told(db, mended)) == {("all", 1): "sent", ("all", 2): "already", ("parts: dept-a", 1): "already"}
        third = counterpoise("digest", "--db", db, "--routes", mended)
        assert [path for path, _ in box.posts] == ["/one", "/two", "/mended"]
        _told(db, mended, again=True)
        assert len(box.posts) == 6
    assert (first.exit_code, third.exit_code) == (1, 0)
    assert "all, address 1: failed. The message was not taken." in first.stderr
    assert SECRET not in first.said
    assert third.said.count("sent before") == 3
    assert "/one" not in db.with_name(".marts.build").joinpath("digest.json").read_text(), "no address is kept"


def test_another_week_is_another_message(db: Path) -> None:
    with inbox() as box:
        routes = _routes(db, all=f"json://127.0.0.1:{box.port}/all")
        _told(db, routes)
        _change(db, "update counterpoise.next_steps set week_start = ? where step_id = 's2'", BEFORE)
        _told(db, routes, week=BEFORE)
    assert [post["title"][-11:] for _, post in box.posts] == ["21 Sep 2026", "14 Sep 2026"]


def test_secrets_stay_out_of_everything(db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("DIGEST_ADDRESS", f"json://user:{SECRET}@127.0.0.1:9/{SECRET}")  # nobody listens there
    routes = _routes(
        db, all=["${DIGEST_ADDRESS}", f"nosuch://{SECRET}", f"slack://{SECRET}", f"mailto://{SECRET}:{SECRET}@127.0.0.1:9?from=a@b.example"]
    )  # fmt: skip
    ran = counterpoise("digest", "--db", db, "--routes", routes, "--json")
    assert ran.exit_code == 1
    told = json.loads(ran.stdout)["deliveries"]
    assert [one["status"] for one in told] == ["failed"] * 4
    assert "does not know this kind of address" in told[1]["reason"]
    assert SECRET not in ran.stdout + ran.stderr + caplog.text
    assert not any(logging.getLogger(name).disabled for name in ("apprise", "urllib3", "requests"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("all: '${NO_SUCH_VARIABLE}'", "routes.yml, all: the environment variable NO_SUCH_VARIABLE is not set."),
        ("owners: {team leed: 'json://x'}", "owners: 'team leed' is no role that owns a step or a metric of these marts. Did you mean 'team lead'?"),
        ("parts: {dept-c: 'json://x'}", "parts: 'dept-c' is no team or part of these marts. Did you mean 'dept-"),
        ("parts: {\"'; drop table x\": 'json://x'}", "is no team or part of these marts."),
        ("everybody: 'json://x'", "'everybody' is not known. Use all, owners, parts."),
        ("all: [1]", "routes.yml, all: write an address, or a list of addresses, as texts."),
        ("owners: ['json://x']", "owners: write one line a name, with its addresses below."),
        (f"all: 'json://{SECRET}\nparts: {{", "routes.yml is not YAML, line"),
        ("!!python/object/apply:os.system ['touch OWNED']", "routes.yml is not YAML, line 1."),
        ("", "routes.yml holds no routes."),
    ],
)  # fmt: skip
def test_routes_that_cannot_work_are_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "routes.yml"
    path.write_text(content.replace("OWNED", str(tmp_path / "owned")))
    with pytest.raises(UsageError) as refused:
        read_routes(path, {"team lead", "metric owner"}, {"dept-a", "dept-b", "team_00"}, {})
    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
    assert not (tmp_path / "owned").exists()


def test_one_wrong_route_and_nothing_is_sent(db: Path) -> None:
    with inbox() as box:
        routes = _routes(db, all=f"json://127.0.0.1:{box.port}", owners={"team leed": "json://x"})
        ran = counterpoise("digest", "--db", db, "--routes", routes)
    assert ran.exit_code == 2
    assert "Did you mean 'team lead'?" in ran.said
    assert box.posts == []


def test_what_is_not_there_is_said(db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not exist" in counterpoise("digest", "--db", tmp_path / "other.duckdb").said
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        _told(db, tmp_path / "no.yml")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UsageError, match=r"pip install 'counterpoise\[notify\]'"):
        _told(db, _routes(db, all="json://127.0.0.1:9"))


def test_routes_may_mix_texts_and_variables(tmp_path: Path) -> None:
    path = tmp_path / "routes.yml"
    path.write_text("parts: {a: ['x://${ONE}/${TWO}']}")
    (route,) = read_routes(path, set(), {"a"}, {"ONE": "1", "TWO": "2"})
    assert route.addresses == ("x://1/2",)
    assert "x://" not in repr(route)
    with pytest.raises(UsageError, match="TWO is not set"):
        read_routes(path, set(), {"a"}, {"ONE": "1", "TWO": ""})


# real deliveries


class _Mails:
    def __init__(self) -> None:
        self.taken: list[tuple[list[str], email.message.EmailMessage]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.taken.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 OK"


def test_an_e_mail_arrives_as_html_and_text(db: Path) -> None:
    mails = _Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        routes = _routes(db, parts={"dept-a": f"mailto://127.0.0.1:{port}?from=digest@corp.example&to=lead@corp.example"})
        told = _told(db, routes)
    finally:
        controller.stop()
    assert _ends(told) == {("parts: dept-a", 1): "sent"}
    [(to, mail)] = mails.taken
    assert to == ["lead@corp.example"]
    assert mail["subject"] == "Output and outcome, week of 21 Sep 2026"
    html = mail.get_body(("html",)).get_content()
    assert "<h2>Atlas (Support)</h2>" in html and "Ember" not in html
    text = mail.get_body(("plain",)).get_content()
    assert "Moved up from watch to elevated." in text
    assert "color-scheme" not in text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ) + made.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    return path


def test_teams_gets_the_card(db: Path, certificate: Path) -> None:
    _change(db, "update counterpoise.dim_team set team_name = ? where team_id = 'team_00'", HOSTILE)
    with inbox(certificate) as box:
        address = f"workflows://127.0.0.1:{box.port}/a1b2c3d4e5f6/{SECRET}?verify=no"
        told = _told(db, _routes(db, parts={"dept-a": address}))
    assert _ends(told) == {("parts: dept-a", 1): "sent"}
    [(_, post)] = box.posts
    with duckdb.connect(str(db), read_only=True) as connection:
        assert post == as_teams(document(_digest_of(connection).of_part("dept-a")))


def test_slack_gets_the_blocks(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    _change(db, "update counterpoise.dim_team set team_name = ? where team_id = 'team_00'", HOSTILE)
    with inbox() as box:
        # Slack's own host is fixed in the notifier
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{box.port}/services")
        address = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        told = _told(db, _routes(db, parts={"dept-a": address}))
    assert _ends(told) == {("parts: dept-a", 1): "sent"}
    [(path, post)] = box.posts
    assert path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    with duckdb.connect(str(db), read_only=True) as connection:
        blocks = as_slack(document(_digest_of(connection).of_part("dept-a")))["blocks"]
    assert [attachment["blocks"] for attachment in post["attachments"]] == [blocks]


def test_a_plugin_that_breaks_is_a_failure_and_no_traceback(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> bool:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(sending, "_deliver", breaks)
    [ended] = _told(db, _routes(db, all="json://127.0.0.1:9")).deliveries
    assert ended.status == "failed"
    assert SECRET not in ended.reason


# on another engine; test_run.py has it on a whole organisation


def test_postgres_tells_the_same(db: Path, postgres_server: dict[str, str], tmp_path: Path) -> None:
    credentials = {key: value for key, value in postgres_server.items() if value} | {"options": "-c timezone=UTC"}
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema digest_marts")
        for (table,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'counterpoise'").fetchall():
            connection.execute(f"create table digest_marts.{table} as from counterpoise.{table}")
        copy_schema(connection, credentials, tmp_path, "digest_marts")
    warehouse = Postgres(credentials, DbtProject(ROOT, tmp_path), Layout("digest_marts", "digest_private", "digest_raw"))
    assert digest(warehouse, None, None, False, 5).markdown == EXPECTED
