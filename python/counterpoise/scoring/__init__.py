"""The paradox risk of teams: named stories compared by the evidence in the marts. See the docs on how the score works."""

from counterpoise.scoring.score import score

__all__ = ["score"]
