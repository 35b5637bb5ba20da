"""Item-level generator: work systems whose behaviour is known, written as tables of the input contract."""

from counterpoise.simulation.kinds import Kind
from counterpoise.simulation.kinds_evaluation import EVALUATION_KINDS
from counterpoise.simulation.simulate import SimulationSummary, simulate

__all__ = ["EVALUATION_KINDS", "Kind", "SimulationSummary", "simulate"]
