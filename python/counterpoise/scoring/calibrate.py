"""Fits the two numbers that turn log odds into a risk, on simulated organisations, and writes the calibration file.

A tool for those who maintain counterpoise: `python -m counterpoise.scoring.calibrate --out FILE`. Users never run
it; a site's own base rate shifts the file's, it is not estimated from each run.
"""

import argparse
import csv
import json
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from counterpoise.inputs import load_folder
from counterpoise.project import find_project_dir
from counterpoise.scoring.contrasts import EPOCH_MONDAY, read_contrasts, weigh
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.score import has_output_and_outcome, read_priors
from counterpoise.scoring.stories import compare
from counterpoise.simulation import simulate
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject

# A change needs some weeks to ramp up and to show in outcomes; weeks in between are neither one nor the other.
RAMP_WEEKS = 10


def fit_platt(log_odds: Floats, is_paradox: np.ndarray, weights: Floats) -> tuple[float, float]:
    """Intercept and slope by weighted logistic regression of the label on the log odds (Platt 1999), slope above zero.

    Args:
        log_odds, is_paradox, weights: shape (team-weeks,).
    """

    def loss(parameters: np.ndarray) -> float:
        linear = parameters[0] + np.exp(parameters[1]) * log_odds
        return float(np.sum(weights * (np.logaddexp(0, linear) - is_paradox * linear)))

    fitted = minimize(loss, x0=np.zeros(2), method="BFGS")
    return float(fitted.x[0]), float(np.exp(fitted.x[1]))


def labelled_log_odds(seed: int, teams: int, weeks: int, scale: float) -> tuple[Floats, np.ndarray, Floats]:
    """Log odds, labels and weights of a simulated organisation; each team weighs the same."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        simulate(
            folder / "raw", teams=teams, weeks=weeks, seed=seed, scenario="evaluation", scale=scale,
            labels_path=folder / "labels.csv",
        )  # fmt: skip
        with (folder / "labels.csv").open(encoding="utf-8") as file:
            labels = {row["team_id"]: row for row in csv.DictReader(file)}
        project = DbtProject(find_project_dir(), folder / ".marts.build")
        with DuckDBFile(folder / "marts.duckdb", project) as warehouse:
            warehouse.load(lambda connection: load_folder(connection, folder / "raw"))
            warehouse.release()
            project.build(tested=False)
            contrasts = read_contrasts(warehouse)
            log_odds = compare(weigh(contrasts), read_priors(warehouse)).log_odds
    usable = has_output_and_outcome(contrasts)
    is_paradox = np.zeros(len(log_odds), dtype=bool)
    for row, (team, week) in enumerate(zip(contrasts.team_ids, contrasts.weeks, strict=True)):
        label = labels.get(team)
        if label is None:
            usable[row] = False
        elif label["is_paradox"] == "true":
            onset = (date.fromisoformat(label["onset_week"]) - EPOCH_MONDAY).days // 7
            is_paradox[row] = week >= onset + RAMP_WEEKS
            usable[row] &= not onset <= week < onset + RAMP_WEEKS
    _, team_of, counts = np.unique(contrasts.team_ids[usable], return_inverse=True, return_counts=True)
    return log_odds[usable], is_paradox[usable], 1.0 / counts[team_of]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", default="stories-2")
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--teams", type=int, default=60)
    parser.add_argument("--weeks", type=int, default=117)
    parser.add_argument("--scale", type=float, default=0.6)
    parser.add_argument("--base-rate", type=float, default=0.1)
    given = parser.parse_args()
    parts = [labelled_log_odds(seed, given.teams, given.weeks, given.scale) for seed in given.seeds]
    log_odds, is_paradox, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    intercept, slope = fit_platt(log_odds, is_paradox, weights)
    simulated_rate = float(np.average(is_paradox, weights=weights))
    shifted = intercept + logit(given.base_rate) - logit(simulated_rate)
    squared_error = (expit(intercept + slope * log_odds) - is_paradox) ** 2
    given.out.write_text(
        json.dumps(
            {
                "model_version": given.version,
                "intercept": round(shifted, 4),
                "slope": round(slope, 4),
                "base_rate": given.base_rate,
                "how": {
                    "method": "weighted logistic regression of the label on the log odds (Platt), each team weighing "
                    "the same; intercept shifted from the simulated base rate to base_rate",
                    "command": "python -m counterpoise.scoring.calibrate with the values below",
                    "scenario": "evaluation",
                    "seeds": given.seeds,
                    "teams": given.teams,
                    "weeks": given.weeks,
                    "scale": given.scale,
                    "ramp_weeks_left_out": RAMP_WEEKS,
                    "team_weeks": len(log_odds),
                    "simulated_base_rate": round(simulated_rate, 4),
                    "brier_on_the_same_data": round(float(np.average(squared_error, weights=weights)), 4),
                },
            },
            indent=2,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
