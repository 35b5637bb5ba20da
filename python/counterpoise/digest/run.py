"""One call of `counterpoise digest`: read the published marts, render, send what was not sent yet."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from counterpoise.digest.content import Digest, make_digest
from counterpoise.digest.document import document
from counterpoise.digest.render import as_html, as_json, as_markdown, as_slack, as_teams
from counterpoise.digest.routes import Route, read_routes
from counterpoise.digest.send import NotSent, send
from counterpoise.digest.sent import FILE, Sent
from counterpoise.report.data import Marts, load
from counterpoise.warehouse import Warehouse


@dataclass(frozen=True)
class Delivery:
    """What became of one address. `status`: sent, quiet (nothing moved for it), already (sent before) or failed."""

    route: str
    address: int
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Told:
    """A digest and where it went."""

    digest: Digest
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def markdown(self) -> str:
        return as_markdown(document(self.digest))

    def as_dict(self) -> dict[str, Any]:
        """For machines: the week, whether anything moved, teams and deliveries."""
        teams = [
            {key: sorted(value) if isinstance(value, frozenset) else value for key, value in asdict(team).items()}
            for team in self.digest.teams
        ]
        return {
            "week": self.digest.week.isoformat(),
            "moved": self.digest.has_moved,
            "problems": [asdict(problem) for problem in self.digest.problems],
            "teams": teams,
            "deliveries": [asdict(delivery) for delivery in self.deliveries],
        }


def digest(warehouse: Warehouse, week: date | None, routes: Path | None, again: bool, min_people: int) -> Told:
    """Make the digest of a week (the newest, without one) and send it.

    Args:
        warehouse: not yet entered; its lock is held until all is sent, so that two calls do not send the same.
        routes: where it goes; without it nothing is sent.
        again: also what was sent before.

    Raises:
        UsageError: there is nothing about the week, or a route is wrong.
        CounterpoiseError: the marts cannot be read, or a run is at work.
    """
    with warehouse:
        with warehouse.published() as query:
            marts = Marts(query, warehouse.marts_schema, warehouse.published_tables(query))
            data = load(marts.table, warehouse.marts_schema, min_people, week)
            found = make_digest(data, marts)
            wanted = read_routes(routes, _owners(marts), _parts(marts)) if routes else []
        sent = Sent(warehouse.work_folder() / FILE, f"{warehouse.shown_as} {warehouse.marts_schema}")
        return Told(found, [one for route in wanted for one in _send(route, found, sent, again)])


def write(told: Told, out: Path) -> list[Path]:
    """Write the renderings into a folder; or, where `out` ends in .md, Markdown alone into that file."""
    shown = document(told.digest)
    if out.suffix == ".md":
        files = {out: as_markdown(shown)}
    else:
        files = {
            out / "digest.md": as_markdown(shown),
            out / "digest.html": as_html(shown),
            out / "digest.slack.json": as_json(as_slack(shown)),
            out / "digest.teams.json": as_json(as_teams(shown)),
        }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _owners(marts: Marts) -> set[str]:
    rows = marts.rows(
        "select owner_role from {marts}.dim_metric union select owner_role from {marts}.dim_response"
    )  # a step's owner is that of its response or of its signal
    rows += marts.rows("select owner_role from {marts}.dim_signal")
    return {row["owner_role"] for row in rows if row["owner_role"]}


def _parts(marts: Marts) -> set[str]:
    return {row["team_id"] for row in marts.rows("select team_id from {marts}.dim_team")}


def _send(route: Route, found: Digest, sent: Sent, again: bool) -> Iterator[Delivery]:
    """One address after the other; one that fails stops no other."""
    part = route.part_of(found)
    shown = document(part)
    for place, address in enumerate(route.addresses, start=1):
        if not part.has_moved:
            yield Delivery(route.name, place, "quiet")
        elif not again and sent.has(found.week, route.name, place):
            yield Delivery(route.name, place, "already")
        else:
            try:
                send(shown, address)
            except NotSent as problem:
                yield Delivery(route.name, place, "failed", str(problem))
            else:
                sent.add(found.week, route.name, place)
                yield Delivery(route.name, place, "sent")
