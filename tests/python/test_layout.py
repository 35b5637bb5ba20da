"""Which tables a build of a tool's connector reads: its instances, wherever the vars say they lie."""

from types import SimpleNamespace
from typing import Any

import pytest

from counterpoise.warehouse.profile import _places

ISSUE = SimpleNamespace(source_name="jira", database="work", schema="jira", identifier="issue", name="issue")


@pytest.mark.parametrize(
    ("variables", "places"),
    [
        ({}, [("work", "jira", "issue")]),
        ({"counterpoise_connectors_database": "connectors"}, [("connectors", "jira", "issue")]),
        ({"counterpoise_jira_schemas": "raw_jira"}, [("work", "raw_jira", "issue")]),
        (
            {"counterpoise_jira_schemas": {"jira": "jira", "emea": "other.jira_emea"}},
            [("work", "jira", "issue"), ("other", "jira_emea", "issue")],
        ),
        ({"counterpoise_jira_tables": {"issue": "issues"}}, [("work", "jira", "issues")]),
    ],
)
def test_every_instance_of_a_tool_is_looked_at(variables: dict[str, Any], places: list[tuple[str, str, str]]) -> None:
    assert list(_places(ISSUE, variables, ["jira"])) == places
    assert list(_places(ISSUE, variables, [])) == [("work", "jira", "issue")], "no tool of ours"
