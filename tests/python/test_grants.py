"""docs/grants.md as it stands: its statements, a whole run by a role that may do little, and what each role may then do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
import yaml

from command_line import SALT, Place
from conftest import ROOT
from counterpoise.inputs import load_folder
from test_engines import copy_schema
from test_nobody_is_watched import IDS, MARKS, SMALL, made_raw

RUNNER, READER, EVIDENCE, LEAD = "counterpoise_runner", "counterpoise_reader", "counterpoise_evidence", "lead_of_team_2"
DATABASE = "grants"
VARS = "{counterpoise_readers: [counterpoise_reader], counterpoise_evidence_readers: [counterpoise_evidence]}"
ITEMS = {"signal_evidence", "fct_work_item"}
pytestmark = pytest.mark.slow


class Roles:
    """A database prepared as the page says, and connections to it by role."""

    def __init__(self, server: dict[str, str], folder: Path) -> None:
        self.server = {key: value for key, value in server.items() if value} | {"dbname": DATABASE}
        self.place = Place(folder)
        profile = {
            "type": "postgres", "schema": "counterpoise", "threads": 2, "host": server["host"], "port": int(server["port"]),
            "user": RUNNER, "password": "", "dbname": DATABASE,
        }  # fmt: skip
        (folder / "profiles").mkdir()
        (folder / "profiles" / "profiles.yml").write_text(
            yaml.safe_dump({"counterpoise": {"target": "prod", "outputs": {"prod": profile}}}), encoding="utf-8"
        )

    def ask(self, sql: str, user: str | None = None) -> list[tuple]:
        """Rows of a statement by a role (else the owner of the database)."""
        connection = psycopg2.connect(**self.server | ({"user": user} if user else {}))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def run(self, *more: str) -> Any:
        from command_line import counterpoise

        folder = self.place.folder
        return counterpoise(
            "run", "--target", "prod", "--profiles-dir", folder / "profiles", "--out", folder / "report", "--vars", VARS, *more
        )


def _blocks() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "grants.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def roles(postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    folder = tmp_path_factory.mktemp("grants")
    made = Roles(postgres_server, folder)
    owner = {key: value for key, value in postgres_server.items() if value}
    connection = psycopg2.connect(**owner)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(f"create database {DATABASE}")
    try:
        raw = duckdb.connect()
        load_folder(raw, made_raw(folder / "raw"))
        copy_schema(raw, made.server, folder, "work_system")
        for block in _blocks()[:2]:
            made.ask(block)
        made.ask(f"create role {LEAD} login; grant {READER} to {LEAD}")
        made.ask(_blocks()[2])
        ran = made.run()
        assert ran.exit_code == 0, ran.said
        yield made
    finally:
        cursor.execute(f"drop database {DATABASE} with (force)")
        cursor.execute(f"drop role if exists {LEAD}, {RUNNER}, {READER}, {EVIDENCE}")
        connection.close()


def _may(roles: Roles, role: str, schema: str) -> dict[str, bool]:
    return dict(
        roles.ask(
            "select c.relname, has_schema_privilege(%(role)s, n.oid, 'usage') and has_table_privilege(%(role)s, c.oid, 'select') "
            "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = %(schema)s and c.relkind in ('r', 'v')".replace("%(role)s", f"'{role}'").replace(
                "%(schema)s", f"'{schema}'"
            )
        )
    )


@pytest.mark.parametrize(
    "sql",
    [
        "insert into work_system.teams (team_id) values ('x')",
        "delete from work_system.work_items",
        "drop table work_system.work_items",
        "create table work_system.mine (x int)",
        "create table public.mine (x int)",
        "create schema mine",
        "create role mine",
        "create database mine",
    ],
)
def test_the_runner_may_read_raw_rows_and_nothing_beyond_its_schemas(roles: Roles, sql: str) -> None:
    assert roles.ask("select count(*) > 0 from work_system.work_items", RUNNER) == [(True,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        roles.ask(sql, RUNNER)


def test_a_dashboard_reads_the_marts_and_neither_items_nor_what_is_private(roles: Roles) -> None:
    marts, private = _may(roles, READER, "counterpoise"), _may(roles, READER, "counterpoise_private")
    assert len(marts) > 40 and len(private) > 100
    assert {name for name, may in marts.items() if not may} == ITEMS
    assert not any(private.values())
    assert roles.ask("select count(*) > 10 from counterpoise.team_week", READER_LOGIN) == [(True,)]
    for sql in (
        "select * from counterpoise_private.person_salt",
        "select * from counterpoise.signal_evidence",
        "delete from counterpoise.team_risk",
        "select * from work_system.work_items",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            roles.ask(sql, READER_LOGIN)


READER_LOGIN = LEAD  # a member of counterpoise_reader; that role itself does not log in


def test_evidence_is_for_the_team_itself(roles: Roles) -> None:
    may = _may(roles, EVIDENCE, "counterpoise")
    assert {name for name, allowed in may.items() if allowed} == ITEMS
    for team in ("team-0002", "team-0003"):
        roles.ask(
            "insert into counterpoise.signal_evidence (signal_id, team_id, week_start, key_type, evidence_key, rank, what) "
            f"values ('rework_loop', '{team}', date '2026-09-14', 'work_item', 'item-9', 1, 'came back')",
            RUNNER,
        )
    assert set(roles.ask("select team_id from team_view.my_evidence", LEAD)) == {("team-0002",)}
    assert set(roles.ask("select team_id from team_view.my_evidence")) == set(), "the owner of the database leads no team"


def test_no_person_stands_in_any_schema_but_the_raw_one(roles: Roles) -> None:
    columns = roles.ask(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where table_schema in ('counterpoise', 'counterpoise_private')"
    )
    assert len(columns) > 500
    marked = " or ".join(f"lower(v.t::text) like '%{mark.lower()}%'" for mark in (*MARKS, SALT))
    found = set()
    for schema, table in sorted({(schema, table) for schema, table, _ in columns}):
        [(held,)] = roles.ask(
            f'select exists (select 1 from (select row_to_json(r) as t from {schema}."{table}" as r) as v where {marked})'
        )
        if held:
            found.add(f"{schema}.{table}")
    assert found == {"counterpoise_private.person_salt"}


def test_grants_and_views_outlive_the_next_run(roles: Roles) -> None:
    assert roles.ask(f"select count(*) > 0 from counterpoise.fct_metric_week where team_id = '{SMALL}'", LEAD) == [(True,)]
    ran = roles.run("--full-refresh")
    assert ran.exit_code == 0, ran.said
    assert {name for name, may in _may(roles, READER, "counterpoise").items() if not may} == ITEMS
    assert roles.ask("select count(*) from team_view.my_evidence where team_id = 'team-0003'", LEAD) == [(0,)]


def test_a_person_is_gone_after_a_purge_and_another_salt(roles: Roles) -> None:
    """As docs/privacy.md says: deleted in the source, another salt, everything built anew."""
    [(person,)] = roles.ask("select actor_id from work_system.work_item_events where actor_id is not null limit 1")
    before = _hashes(roles)
    assert len(before) > 10
    for table, names in IDS.items():
        for name in names:
            if table == "team_members":
                roles.ask(f"delete from work_system.{table} where {name} = '{person}'")
            else:
                roles.ask(f"update work_system.{table} set {name} = null where {name} = '{person}'")
    from command_line import counterpoise

    folder = roles.place.folder
    ran = counterpoise(
        "run", "--target", "prod", "--profiles-dir", folder / "profiles", "--out", folder / "report", "--vars", VARS,
        "--full-refresh", salt="another long random text",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.said
    after = _hashes(roles)
    assert after and not before & after, "no hash by the old salt is left"
    assert len(after) < len(before)


def _hashes(roles: Roles) -> set[str]:
    found = set()
    for table, column in roles.ask(
        "select table_name, column_name from information_schema.columns where table_schema = 'counterpoise_private' "
        "and column_name in ('actor_id', 'requester_id', 'person_id')"
    ):
        rows = roles.ask(f'select distinct "{column}"::text from counterpoise_private."{table}" where "{column}" is not null')
        found |= {value for (value,) in rows}
    return found
