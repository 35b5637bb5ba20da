"""The paradox risk of teams: named stories compared by the evidence in the marts."""

from counterpoise.scoring.score import score

__all__ = ["score"]
