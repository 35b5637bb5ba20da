"""Fits the two numbers that turn log odds into a risk, on simulated organisations, and writes the calibration file.

A tool for those who maintain counterpoise: `python -m counterpoise.scoring.calibrate --out FILE`. Users never run
it; a site's own base rate shifts the file's, it is not estimated from each run.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from counterpoise.evaluation.measures import brier, fit_platt
from counterpoise.evaluation.organisation import Setting, organisation_of
from counterpoise.evaluation.protocol import judge
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.score import load_calibration


def labelled_log_odds(setting: Setting, kept: Path, work: Path) -> tuple[Floats, Floats, np.ndarray, Floats]:
    """Log odds, shifts, labels and weights of a simulated organisation, on the weeks that the evaluation judges.

    Each team weighs the same. Each of shape (team-weeks,).
    """
    judged = judge(organisation_of(setting, kept, work), load_calibration(), {})
    positive = judged.truth.positive(setting.weeks)
    used = judged.scored & (positive | judged.truth.negative(setting.weeks))
    weights = used / np.maximum(used.sum(axis=1, keepdims=True), 1)
    return judged.log_odds[used], judged.shift[used], positive[used], weights[used]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", default="stories-3")
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--teams", type=int, default=60)
    parser.add_argument("--weeks", type=int, default=117)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--base-rate", type=float, default=0.15)
    parser.add_argument("--keep", type=Path, help="Folder for the organisations, to be used again.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        kept = given.keep or Path(work) / "kept"
        parts = [
            labelled_log_odds(Setting(seed, given.teams, given.weeks, given.scale), kept, Path(work))
            for seed in given.seeds
        ]
    log_odds, shift, is_paradox, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    intercept, slope = fit_platt(log_odds, is_paradox, weights, shift)
    simulated_rate = float(np.average(is_paradox, weights=weights))
    given.out.write_text(
        json.dumps(
            {
                "model_version": given.version,
                "intercept": round(intercept + logit(given.base_rate) - logit(simulated_rate), 4),
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
                    "weeks_used": "those that counterpoise evaluate judges",
                    "team_weeks": len(log_odds),
                    "simulated_base_rate": round(simulated_rate, 4),
                    "brier_on_the_same_data": round(brier(expit(intercept + shift + slope * log_odds), is_paradox), 4),
                },
            },
            indent=2,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
