"""Marts of three weeks and five teams, written by hand, and servers that take what is sent."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import duckdb

from report_fixture import _insert, make_marts

BEFORE, WEEK = date(2026, 9, 14), date(2026, 9, 21)


def write_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Atlas moved up, Borealis' alert is over, Cobalt is quiet with an open step, Delta is small, Ember is held back."""
    for table in ("dim_team", "team_risk", "team_risk_reasons", "next_steps", "fct_guardrail_week", "check_results",
                  "fct_data_health", "fct_pair_week"):  # fmt: skip
        connection.execute(f"delete from counterpoise.{table}")
    connection.execute(
        "create table counterpoise.published_runs (run_id varchar, published_at timestamp, data_through date)"
    )
    _insert(connection, "dim_team", [
        ("dept-a", "Support", None, "support", "UTC", 1, None, False, 5),
        ("dept-b", "Operations", None, "support", "UTC", 2, None, False, 5),
        ("team_01", "Borealis", "dept-a", "support", "UTC", 4, 9, False, 5),
        ("team_00", "Atlas", "dept-a", "support", "UTC", 3, 7, False, 5),
        ("team_02", "Cobalt", "dept-b", "support", "UTC", 5, 8, False, 5),
        ("team_03", "Delta", "dept-b", "support", "UTC", 6, None, True, 5),
        ("team_04", "Ember", "dept-b", "support", "UTC", 7, 8, False, 5),
    ])  # fmt: skip

    def risk(team: str, week: date, value: float | None, band: str | None, alert: bool, status: str = "scored"):
        low, high = (None, None) if value is None else (max(value - 20, 0), min(value + 20, 100))
        return (team, week, value, low, high, band, status, alert, "They part." if alert else None, 0.86, 0.1,
                None, None if value is not None else "A check failed.", "m", date(2026, 9, 27), None)  # fmt: skip

    _insert(connection, "team_risk", [
        risk("team_00", BEFORE, 40.0, "watch", False), risk("team_00", WEEK, 62.0, "elevated", False),
        risk("team_01", BEFORE, 85.0, "high", True), risk("team_01", WEEK, 80.0, "high", False),
        risk("team_02", BEFORE, 10.0, "clear", False), risk("team_02", WEEK, 12.0, "clear", False),
        risk("team_03", BEFORE, 10.0, "clear", False), risk("team_03", WEEK, 90.0, "high", True),
        risk("team_04", BEFORE, None, None, False, "withheld"), risk("team_04", WEEK, None, None, False, "withheld"),
    ])  # fmt: skip
    _insert(connection, "team_risk_reasons", [
        ("team_00", WEEK, 1, "rework_loop", 2.0, 0.2, 0.1, 90, BEFORE, "More comes back.", "monitor_downstream", None),
        ("team_03", WEEK, 1, "rework_loop", 2.0, 0.2, 0.1, 90, BEFORE, "Nobody may read this.", "monitor_downstream", None),
    ])  # fmt: skip

    def step(key, team, week, response, signal, owner, until, due, state="open", answered=None):
        return (key, team, week, response, signal, None, "Look: ask.", "12 % where 6 % was expected.", owner, week, until,
                due, state, answered, "a note that stays at home")  # fmt: skip

    _insert(connection, "next_steps", [
        step("s1", "team_00", WEEK, "monitor_downstream", "rework_loop", "quality owner", WEEK, date(2026, 10, 12)),
        step("s2", "team_00", BEFORE, "pair_the_metric", None, "team lead", WEEK, date(2026, 9, 24)),
        step("s3", "team_01", BEFORE, "redefine_good", None, "process owner", BEFORE, date(2026, 10, 1), "declined", date(2026, 9, 23)),
        step("s4", "team_02", BEFORE, "pair_the_metric", None, "team lead", WEEK, date(2026, 10, 1)),
        step("s5", "team_03", WEEK, "pair_the_metric", None, "team lead", WEEK, date(2026, 10, 1)),
        step("s6", "team_00", date(2026, 6, 1), "retire_metric", None, "metric owner", date(2026, 6, 8), date(2026, 7, 1)),
    ])  # fmt: skip
    _insert(connection, "fct_guardrail_week", [
        ("team_00", "reopened_work", BEFORE, "reopen_rate", 0.14, 0.15, 0.01, 100, "approaching"),
        ("team_00", "reopened_work", WEEK, "reopen_rate", 0.17, 0.15, -0.02, 100, "breached"),
        ("team_02", "reopened_work", BEFORE, "reopen_rate", 0.19, 0.15, -0.04, 100, "breached"),
        ("team_02", "reopened_work", WEEK, "reopen_rate", 0.19, 0.15, -0.04, 100, "breached"),
        ("team_03", "reopened_work", WEEK, "reopen_rate", 0.9, 0.15, -0.75, 100, "breached"),
    ])  # fmt: skip
    for run_id, day in (("r1", date(2026, 9, 20)), ("r2", date(2026, 9, 27))):
        connection.execute(
            "insert into counterpoise.published_runs values (?, ?, ?)", [run_id, datetime(2026, 9, day.day, 20), day]
        )

    def failed(run_id, check_id, affects, team, message):
        return (run_id, datetime(2026, 9, 27), "raw", "s", check_id, "e", "t", "c", "withhold", "failed", "1", "0", 1,
                affects, team, message, "Mend it.")  # fmt: skip

    _insert(connection, "check_results", [
        failed("r1", "old", "all", None, "Said last week."), failed("r2", "old", "all", None, "Said last week."),
        failed("r2", "fresh", "team", "team_04", "Its events stopped."),
    ])  # fmt: skip


def marts_file(path: Path) -> Path:
    """A published DuckDB file with these marts."""
    with make_marts(teams=5, weeks=30) as connection:
        write_marts(connection)
        connection.execute(f"attach '{path}' as published; copy from database memory to published; detach published")
    return path


class Inbox:
    """A real server on this machine that keeps what is posted to it; it refuses paths with `refused` in them."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refused = "refused" in self.path
                if not refused:
                    inbox.posts.append((self.path, json.loads(body)))
                answer = b"no" if refused else b"ok"
                self.send_response(500 if refused else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return self.server.server_address[1]


@contextmanager
def inbox(certificate: Path | None = None) -> Iterator[Inbox]:
    """The server, with TLS where a file with key and certificate is given."""
    box = Inbox()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        box.server.socket = context.wrap_socket(box.server.socket, server_side=True)
    thread = Thread(target=box.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.server.shutdown()
        box.server.server_close()
