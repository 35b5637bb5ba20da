"""An organisation on GitHub as Fivetran's connector lays it down: made up, seeded, with what real ones have of odd things."""

import random
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

START = datetime(2026, 1, 5)
END = datetime(2026, 8, 3)  # the last sync: nothing is known of later
SYNCED = datetime(2026, 8, 3, 1)

PAY, WEB, INFRA, FORK, ATTIC = 11, 12, 13, 14, 15
REPOSITORIES = {
    PAY: "acme/pay-api",
    WEB: "acme/web",
    INFRA: "acme/infra_v2",
    FORK: "acme/left-pad",
    ATTIC: "acme/attic",
}
PAYMENTS, SITE, PLATFORM = 71, 72, 73
PEOPLE = {PAY: [101, 102, 103, 104], WEB: [201, 202, 203], INFRA: [301, 302, 303], FORK: [301, 302], ATTIC: [201, 203]}
DEPENDABOT, RELEASER, ACTIONS = 900, 901, 902
OUTSIDER = 950
BUG, INCIDENT, BLOCKED, DOING, NEEDS_INFO, P1, P2, AREA, WONTFIX, CHORE = range(501, 511)
LABELS = {
    BUG: "Bug", INCIDENT: "incident", BLOCKED: "blocked", DOING: "In Progress", NEEDS_INFO: "needs info",
    P1: "P1", P2: "P2", AREA: 'area/"checkout"; 🛒', WONTFIX: "wontfix", CHORE: "chore",
}  # fmt: skip
TITLES = [
    "Robert'); DROP TABLE issue;-- ", 'Say "hello" to <b>users</b>', "Zahlungsströme; Ü & 漢字 🙃", "Line one\nline two", "100% of _all_ %s cases",
]  # fmt: skip


def sha(number: int) -> str:
    return f"{number:040x}"


class Account:
    """Tables that are being filled."""

    def __init__(self, seed: int = 5) -> None:
        self.random = random.Random(seed)
        self.tables: Tables = {}
        self.numbers: dict[int, int] = {}
        self.next_id = 10_000
        self.next_sha = 0xABC0000

    def add(self, table: str, **row: Any) -> Row:
        row = {"_fivetran_synced": SYNCED, **row}
        self.tables.setdefault(table, []).append(row)
        return row

    def commit(self, repository: int, at: datetime, message: str = "Work") -> str:
        self.next_sha += 1
        self.add("commit", sha=sha(self.next_sha), repository_id=repository, committer_date=at, message=message)
        return sha(self.next_sha)

    def id(self) -> int:
        self.next_id += 1
        return self.next_id

    def issue(
        self,
        repository: int,
        at: datetime,
        by: int | None,
        title: str = "Title",
        body: str = "",
        *,
        number: int | None = None,
        pull: bool = False,
    ) -> Row:
        self.numbers[repository] = self.numbers.get(repository, 0) + 1
        return self.add(
            "issue",
            id=number or self.id(), number=self.numbers[repository], repository_id=repository, user_id=by, title=title, body=body,
            pull_request=pull, state_reason=None, created_at=at, closed_at=None,
        )  # fmt: skip

    def pull(
        self,
        repository: int,
        at: datetime,
        by: int | None,
        title: str = "Title",
        body: str = "",
        *,
        number: int | None = None,
        draft: bool = False,
    ) -> Row:
        row = self.issue(repository, at, by, title, body, number=number, pull=True)
        head = self.commit(repository, at)
        row["pull"] = self.add(
            "pull_request", id=row["id"] + 1_000_000, issue_id=row["id"], base_ref="main", head_sha=head, draft=draft
        )
        self.push(row, head)
        return row

    def push(self, row: Row, commit: str) -> None:
        row["pull"]["head_sha"] = commit
        self.add("commit_pull_request", commit_sha=commit, pull_request_id=row["pull"]["id"])

    def ready(self, row: Row, at: datetime, by: int, *, ready: bool = True) -> None:
        if at < END:
            row["pull"]["draft"] = not ready
            self.add(
                "pull_request_ready_for_review_history",
                pull_request_id=row["pull"]["id"],
                created_at=at,
                ready_for_review=ready,
                actor_id=by,
            )

    def request(self, row: Row, at: datetime, whom: int, *, removed: bool = False) -> None:
        if at < END:
            self.add(
                "requested_reviewer_history",
                pull_request_id=row["pull"]["id"],
                created_at=at,
                requested_id=whom,
                removed=removed,
                actor_id=row["user_id"],
            )

    def review(self, row: Row, at: datetime, by: int, state: str = "APPROVED", commit: str | None = None) -> None:
        if at < END:
            self.add(
                "pull_request_review", id=self.id(), pull_request_id=row["pull"]["id"], user_id=by, state=state, submitted_at=at,
                commit_sha=commit or row["pull"]["head_sha"],
            )  # fmt: skip

    def comment(self, row: Row, at: datetime, by: int | None, body: str = 'Looks like a cache; "really"\n') -> None:
        if at < END:
            self.add("issue_comment", id=self.id(), issue_id=row["id"], user_id=by, body=body, created_at=at)

    def close(self, row: Row, at: datetime, by: int, *, closed: bool = True, reason: str | None = None) -> None:
        if at < END:
            row["closed_at"] = at if closed else None
            row["state_reason"] = (reason if closed else "reopened") if not row["pull_request"] else None
            self.add("issue_closed_history", issue_id=row["id"], updated_at=at, closed=closed, actor_id=by)

    def merge(self, row: Row, at: datetime, by: int, message: str = "Merge") -> str:
        commit = self.commit(row["repository_id"], at, message)
        if at < END:
            self.add("issue_merged", issue_id=row["id"], merged_at=at, commit_sha=commit, actor_id=by)
            self.close(row, at, by)
        return commit

    def label(self, row: Row, at: datetime, label: int, by: int = 101, *, on: bool = True) -> None:
        if at < END:
            self.add("issue_label_history", issue_id=row["id"], label_id=label, labeled=on, actor_id=by, updated_at=at)
            held = self.tables.setdefault("issue_label", [])
            if on:
                self.add("issue_label", issue_id=row["id"], label_id=label)
            else:
                held[:] = [each for each in held if (each["issue_id"], each["label_id"]) != (row["id"], label)]

    def deploy(
        self,
        number: int,
        commit: str,
        at: datetime,
        *,
        state: str = "success",
        environment: str = "production",
        production: bool | None = True,
    ) -> None:
        if at >= END:
            return
        self.add(
            "deployment",
            id=number,
            commit_sha=commit,
            creator_id=ACTIONS,
            environment=environment,
            production_environment=production,
            created_at=at,
        )
        self.add(
            "deployment_status",
            id=number * 10,
            deployment_id=number,
            state="in_progress",
            created_at=at + timedelta(minutes=1),
        )
        self.add(
            "deployment_status",
            id=number * 10 + 1,
            deployment_id=number,
            state=state,
            created_at=at + timedelta(minutes=9),
        )
        self.add(
            "deployment_status",
            id=number * 10 + 2,
            deployment_id=number,
            state="inactive",
            created_at=at + timedelta(days=2),
        )


def _organisation(account: Account) -> None:
    for number, name in REPOSITORIES.items():
        account.add(
            "repository",
            id=number,
            full_name=name,
            default_branch="main",
            fork=number == FORK,
            archived=number == ATTIC,
        )
    for team, name in {PAYMENTS: "Payments", SITE: "Site & „Shop“", PLATFORM: "Platform"}.items():
        account.add(
            "team", id=team, name=name, slug=name.split()[0].lower(), parent_id=PLATFORM if team != PLATFORM else None
        )
    for repository, team, permission in [
        (PAY, PAYMENTS, "push"), (PAY, PLATFORM, "pull"), (WEB, SITE, "admin"), (INFRA, PLATFORM, "maintain"), (INFRA, PAYMENTS, "push"),
    ]:  # fmt: skip
        account.add("repo_team", repository_id=repository, team_id=team, permission=permission)
    for team, repository in {PAYMENTS: PAY, SITE: WEB}.items():
        for person in [*PEOPLE[repository], RELEASER]:
            account.add("team_membership", team_id=team, user_id=person)
    logins = {
        DEPENDABOT: "dependabot[bot]",
        RELEASER: "acme-release-bot",
        ACTIONS: "github-actions[bot]",
        OUTSIDER: "passer-by",
    }
    for person in sorted({each for several in PEOPLE.values() for each in several} | set(logins)):
        account.add(
            "user", id=person, login=logins.get(person, f"person-{person}"), type="Bot" if person in (DEPENDABOT, ACTIONS) else "User",
            created_at=datetime(2020, 1, 1),
        )  # fmt: skip
    for label, name in LABELS.items():
        account.add("label", id=label, name=name)


def _hours(account: Account, low: float, high: float) -> timedelta:
    return timedelta(seconds=round(account.random.uniform(low, high) * 3600))


def _pull(account: Account, repository: int, at: datetime) -> str | None:
    """One pull request from beginning to end; its merge commit."""
    draw = account.random
    people = PEOPLE[repository]
    author = draw.choice([*people, *people, OUTSIDER, DEPENDABOT])
    row = account.pull(
        repository,
        at,
        author,
        draw.choice(TITLES) + f" {at:%m%d%H}",
        draw.choice(["", "Some\ntext", "Bump it; \"quotes\" 'n' all"]),
    )
    now = at
    if draw.random() < 0.25:
        row["pull"]["draft"] = True
        now += _hours(account, 1, 60)
        if draw.random() < 0.2:
            account.comment(row, now - timedelta(minutes=30), draw.choice(people))
        account.ready(row, now, author)
        if draw.random() < 0.15:
            account.ready(row, now + timedelta(hours=1), author, ready=False)
            now += timedelta(hours=9)
            account.ready(row, now, author)
    others = [person for person in people if person != author]
    for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
        reviewer = draw.choice(others)
        account.request(row, now + _hours(account, 0.1, 1), reviewer)
        now += _hours(account, 2, 50)
        account.review(row, now, reviewer, draw.choice(["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]))
        if draw.random() < 0.4:
            account.comment(row, now + timedelta(minutes=20), author)
        if draw.random() < 0.3:
            account.review(row, now + timedelta(minutes=40), author, "COMMENTED")
        if draw.random() < 0.2:
            account.comment(row, now + timedelta(minutes=50), ACTIONS)
        now += _hours(account, 1.5, 20)
        account.push(row, account.commit(repository, min(now, END)))
    now += _hours(account, 0.5, 10)
    if draw.random() < 0.1:
        account.close(row, now, draw.choice(people))
        if draw.random() < 0.5:
            return None
        now += _hours(account, 1, 40)
        account.close(row, now, author, closed=False)
        now += _hours(account, 1, 40)
    if now >= END or draw.random() < 0.04:
        return None
    return account.merge(row, now, draw.choice([author if author != DEPENDABOT else people[0], *people]))


def _issue(account: Account, repository: int, at: datetime) -> None:
    draw = account.random
    people = PEOPLE[repository]
    author = draw.choice([*people, OUTSIDER, OUTSIDER, RELEASER])
    row = account.issue(repository, at, author, draw.choice(TITLES), "Steps to reproduce: 'none'")
    now = at
    if draw.random() < 0.3:
        account.label(row, now + timedelta(minutes=1), draw.choice([BUG, AREA, CHORE, P1, P2]), people[0])
    if draw.random() < 0.7:
        now += _hours(account, 0.2, 60)
        account.comment(row, now, draw.choice(people))
    if draw.random() < 0.4:
        now += _hours(account, 0.2, 20)
        account.comment(row, now, author)
    if draw.random() < 0.3:
        now += _hours(account, 1, 20)
        account.add(
            "issue_assignee_history",
            issue_id=row["id"],
            user_id=people[0],
            assigner_id=people[1],
            assigned=True,
            updated_at=now,
        )
    for label in (DOING, NEEDS_INFO, BLOCKED):
        if draw.random() < 0.25:
            now += _hours(account, 1, 20)
            account.label(row, now, label, people[0])
            if draw.random() < 0.8 or label != DOING:
                now += _hours(account, 2, 40)
                account.label(row, now, label, people[0], on=False)
    if draw.random() < 0.15:
        return
    now += _hours(account, 1, 100)
    account.close(
        row, now, draw.choice(people), reason=draw.choice(["completed", "completed", "completed", "not_planned"])
    )
    if draw.random() < 0.15:
        now += _hours(account, 5, 200)
        account.close(row, now, author, closed=False)
        if draw.random() < 0.7:
            account.close(row, now + _hours(account, 5, 100), people[0], reason="completed")


def account(seed: int = 5) -> Tables:
    made = Account(seed)
    _organisation(made)
    deployment = 4_000
    for repository in (PAY, WEB, INFRA, FORK, ATTIC):
        rare = repository in (FORK, ATTIC)
        merged: list[tuple[datetime, str]] = []
        at = START + timedelta(hours=8)
        while at < END - timedelta(days=2):
            at += _hours(made, 6, 160 if rare else 60)
            if made.random.random() < 0.65:
                commit = _pull(made, repository, at)
                if commit and repository in (PAY, WEB):
                    merged.append((made.tables["issue_merged"][-1]["merged_at"], commit))
            else:
                _issue(made, repository, at)
        merged.sort()
        for at, commit in merged[::2]:
            deployment += 1
            made.deploy(
                deployment, commit, at + timedelta(hours=2), state=made.random.choice(["success"] * 9 + ["failure"])
            )
            made.deploy(deployment + 500_000, commit, at + timedelta(hours=1), environment="Staging", production=False)
    special(made)
    for row in made.tables["issue"]:
        row.pop("pull", None)
    return made.tables


AT = datetime(2026, 3, 3, 10)


def special(made: Account) -> None:
    """Cases that the tests work out by hand; all begin on Tuesday 3 March 2026, 10:00 UTC, in a repository of their own."""
    hour = timedelta(hours=1)
    made.add("repository", id=16, full_name="acme/cases", default_branch="main", fork=False, archived=False)
    # 9001: a draft for 24 h, asked for review while it was one, ready, reviewed 5 h later, merged 1 h after that
    row = made.pull(16, AT, 101, number=9001, draft=True)
    made.request(row, AT + 2 * hour, 102)
    made.ready(row, AT + 24 * hour, 101)
    made.review(row, AT + 29 * hour, 102)
    made.merge(row, AT + 30 * hour, 101)
    # 9002: merged by its author, nobody looked
    made.merge(made.pull(16, AT, 101, number=9002), AT + hour, 101)
    # 9003: approved, then a force-push took the commit away, merged
    row = made.pull(16, AT, 101, number=9003)
    made.review(row, AT + 2 * hour, 102, commit=sha(0xDEAD))
    made.merge(row, AT + 3 * hour, 103)
    # 9004: closed, opened again, merged; GitHub tells the merge as a closing too
    row = made.pull(16, AT, 101, number=9004)
    made.close(row, AT + 10 * hour, 102)
    made.close(row, AT + 20 * hour, 101, closed=False)
    made.merge(row, AT + 30 * hour, 102)
    # 9005 is taken back by 9006 (number), 9006 by 9007 (a revert of a revert, by the commit), 9008 by a commit without a pull request
    row = made.pull(16, AT, 101, 'Fast "path"', number=9005)
    made.review(row, AT + hour, 102)
    first = made.merge(row, AT + 2 * hour, 101)
    number = row["number"]
    made.deploy(7001, first, AT + 3 * hour)
    back = made.pull(16, AT + 20 * hour, 102, 'Revert "Fast "path""', f"Reverts acme/cases#{number}", number=9006)
    second = made.merge(back, AT + 21 * hour, 102)
    made.deploy(7002, second, AT + 22 * hour)
    again = made.pull(16, AT + 40 * hour, 101, "Bring the path back", f"This reverts commit {second}.", number=9007)
    made.merge(again, AT + 41 * hour, 101)
    row = made.pull(16, AT + 50 * hour, 101, number=9008)
    third = made.merge(row, AT + 51 * hour, 101)
    made.commit(16, AT + 52 * hour, f'Revert "Title"\n\nThis reverts commit {third}.')
    # deployment 7003 ships 9007 and 9008; 7004 puts an older commit back: a rollback; 7005 fails; 7006 goes to staging
    made.deploy(7003, third, AT + 51 * hour + timedelta(minutes=10))
    made.deploy(7004, second, AT + 60 * hour)
    made.deploy(7005, third, AT + 61 * hour, state="failure")
    made.deploy(7006, third, AT + 62 * hour, environment="staging", production=None)
    # 9010: an incident that names what caused it, in a comment a day later; it was shipped by 7001
    row = made.issue(16, AT + 6 * hour, 103, "Checkout down", "", number=9010)
    made.label(row, AT + 6 * hour, INCIDENT)
    made.comment(row, AT + 30 * hour, 102, f"Caused by #{number}, I think")
    made.close(row, AT + 9 * hour, 102, reason="completed")
    # 9011: closed as not planned; 9012: completed, opened again, not planned; 9013: duplicate of 9011
    row = made.issue(16, AT, OUTSIDER, number=9011)
    made.close(row, AT + 5 * hour, 101, reason="not_planned")
    target = row["number"]
    row = made.issue(16, AT, OUTSIDER, number=9012)
    made.close(row, AT + 5 * hour, 101, reason="completed")
    made.close(row, AT + 8 * hour, OUTSIDER, closed=False)
    made.close(row, AT + 9 * hour, 101, reason="not_planned")
    row = made.issue(16, AT, OUTSIDER, number=9013)
    made.comment(row, AT + hour, 102, f"Duplicate of #{target}")
    made.close(row, AT + hour, 102, reason="duplicate")
    # 9014: priority raised, in progress, waits for its author, blocked; closed by 9015
    row = made.issue(16, AT, OUTSIDER, number=9014)
    made.label(row, AT, P2)
    made.label(row, AT + hour, P1)
    made.label(row, AT + 2 * hour, DOING)
    made.label(row, AT + 3 * hour, NEEDS_INFO)
    made.comment(row, AT + 4 * hour, OUTSIDER)
    made.label(row, AT + 5 * hour, NEEDS_INFO, on=False)
    made.label(row, AT + 6 * hour, BLOCKED)
    made.label(row, AT + 8 * hour, BLOCKED, on=False)
    made.close(row, AT + 12 * hour, 102, reason="completed")
    number = row["number"]
    row = made.pull(
        16, AT + 6 * hour, 102, body=f"Prefixes #1, and\n(Fixes acme/cases#{number}); nothing else", number=9015
    )
    made.merge(row, AT + 12 * hour, 102)
    # 9016: opened by a machine, answered by a machine, then by a person
    row = made.pull(16, AT, DEPENDABOT, "Bump left-pad", number=9016)
    made.comment(row, AT + hour, ACTIONS)
    made.review(row, AT + 2 * hour, 101)
    made.merge(row, AT + 3 * hour, RELEASER)
    # 9017: the author's own review and a pending one are no reviews; one after the merge neither opens it again nor checks it before
    row = made.pull(16, AT, 101, number=9017)
    made.review(row, AT + hour, 101, "COMMENTED")
    made.review(row, AT + 2 * hour, 102, "PENDING")
    made.merge(row, AT + 3 * hour, 101)
    made.review(row, AT + 4 * hour, 103)
    # 9018: of a fork, by an account that is gone; still a draft
    made.pull(16, AT, None, number=9018, draft=True)


def second_account() -> Tables:
    """Another organisation with the same ids."""
    made = Account(8)
    made.add("repository", id=16, full_name="other/cases", default_branch="main", fork=False, archived=False)
    made.add("user", id=102, login="somebody", type="User", created_at=datetime(2021, 1, 1))
    row = made.pull(16, AT, 101, number=9001)
    made.review(row, AT + timedelta(hours=3), 102)
    made.merge(row, AT + timedelta(hours=4), 102)
    for each in made.tables["issue"]:
        each.pop("pull", None)
    return made.tables
