"""What is added to a team's contract tables where all of them are made."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.simulation import surroundings_catalogue as around
from counterpoise.simulation.columns import moment, named
from counterpoise.simulation.events import SLOT, Events
from counterpoise.simulation.items import Items
from counterpoise.simulation.kinds import Weeks
from counterpoise.simulation.surroundings import Columns
from counterpoise.simulation.traces import GOALS, POLICIES
from counterpoise.simulation.types import Floats
from counterpoise.simulation.world import Team, World


def catalogue_columns(world: World, team: Team, weeks: Weeks, items: Items) -> dict[str, Columns | None]:
    """What stands around a team, in place of or beside what every scenario has."""
    return {
        "capacity": around.capacity(world, team, weeks),
        "team_hours": around.team_hours(world, team, weeks, items),
        "targets": around.targets(world, team),
        "metric_changes": around.metric_changes(world, team),
        "metric_reviews": around.metric_reviews(world, team),
        "interventions": around.interventions(world, team),
        "process_runs": around.process_runs(world, team),
        "norms": around.norms(world, team),
        "costs": around.costs(world, team, items),
    }


def item_extras(world: World, team: Team, items: Items, offset: Floats) -> Columns:
    """Columns of work_items that the demo leaves out."""
    goals = (None, *(f"goal-{team.team_id}-{number}" for number in range(1, GOALS + 1)))
    extras: Columns = {
        "due_at": moment(world, np.rint((items.due - offset) * 60.0) * 60.0),
        "goal_id": named(items.goal, goals),
        "ai_assisted": items.ai_assisted,
        "ai_policy_class": named(items.policy, POLICIES),
    }
    if team.kind.scene.nightly:
        extras["source_system"] = pa.repeat("nightly_desk", len(items))
    return extras


def edit_values(world: World, items: Items, events: Events, offset: Floats, columns: Columns) -> Columns:
    """What edits changed: the size of an item, or, afterwards, the time at which it is said to be resolved."""

    def written(times: Floats) -> pa.Array:
        moments = moment(world, np.rint((times - offset[rows]) * 3600.0)).astype("datetime64[s]")
        return pa.array(np.char.add(np.datetime_as_string(moments), "Z"))

    size_edits = np.isin(events.slot, [SLOT[name] for name in ("edit_1", "edit_2", "edit_3")])
    sizes = pa.array(np.round(items.size[events.item[size_edits]], 1)).cast(pa.string())
    to_value = pc.replace_with_mask(columns["to_value"], pa.array(size_edits), sizes)
    after = events.slot == SLOT["edited_after"]
    rows = events.item[after]
    return {
        "from_value": pc.replace_with_mask(columns["from_value"], pa.array(after), written(items.edited_from[rows])),
        "to_value": pc.replace_with_mask(to_value, pa.array(after), written(items.resolved[rows])),
    }
