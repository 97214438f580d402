"""A blind comparison by a person: which of two bursts is the real chat?

Trials and their key are drawn here; the page shows only the trials, takes answers by keyboard and hands them
back as JSON; scoring them gives how often the model was taken for the real chat. One half means that nobody
can tell them apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dougpt_schema import ArrowStream, DougptError, Model, fingerprint

from dougpt_eval.answers import bursts_of
from dougpt_eval.resampling import Estimate, Resampler, per_recording, ratio
from dougpt_eval.suite import Suite

LEFT, RIGHT, UNSURE = "left", "right", "unsure"
PAGE = Path(__file__).with_name("blind.html")
DATA_MARK = "DOUGPT_TRIALS"


class BlindAnswersError(DougptError):
    """Answers do not belong to the trials, or are none."""


@dataclass(frozen=True, slots=True)
class BlindTrial:
    """Two bursts for one window, one real and one by the model; the page gets all but `real`."""

    trial_id: str
    recording_id: str
    context: list[str]
    prompt: str
    left: list[str]
    right: list[str]
    real: str


@dataclass(frozen=True, slots=True)
class BlindScore:
    """How often the model was taken for the real chat, unsure answers counting half, with a 95 % interval.

    Attributes:
        answered: Trials with an answer.
        unsure: Those of them that could not be told.
        taken_for_real: The share; an interval over recordings.
    """

    answered: int
    unsure: int
    taken_for_real: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def draw_trials(model: Model, samples: ArrowStream, *, trials: int, seed: int = 0) -> list[BlindTrial]:
    """Return at most `trials` held-out windows in a drawn order; windows where the model says nothing are left out.

    Real bursts are cut to as many replies as the model wrote, and the model's to as many as are real: the
    number of lines must not give them away.
    """
    suite = Suite.of(samples)
    places_S = suite.some(trials, seed)
    rows = suite.samples.take(places_S).to_pylist()
    said = bursts_of(model, suite.samples.take(places_S), seed)
    drawn = []
    for place, row, generated in zip(places_S, rows, said, strict=True):
        real = suite.replies[place]
        generated = [text for text in generated if text.strip()]  # noqa: PLW2901 - an empty line gives it away
        lines = min(len(real), len(generated))
        if not lines:
            continue
        swap = bool(np.random.default_rng([seed, 5, int(place)]).integers(2))
        left, right = (generated, real) if swap else (real, generated)
        drawn.append(
            BlindTrial(
                trial_id=fingerprint(row["sample_id"], seed, model.fingerprint)[:16],
                recording_id=row["recording_id"],
                context=row["context"],
                prompt=row["prompt"],
                left=left[:lines],
                right=right[:lines],
                real=RIGHT if swap else LEFT,
            )
        )
    order = np.random.default_rng([seed, 6]).permutation(len(drawn))
    return [drawn[index] for index in order]


def render_trials(trials: Sequence[BlindTrial]) -> str:
    """Return a page that asks about each trial; it needs no network and does not hold the key."""
    shown = [
        {name: value for name, value in asdict(trial).items() if name not in {"real", "recording_id"}}
        for trial in trials
    ]
    # Inside a script element only "<" can end it; chat is written by strangers.
    data = json.dumps(shown).replace("<", "\\u003c")
    return PAGE.read_text(encoding="utf-8").replace(DATA_MARK, data)


def trials_to_json(trials: Sequence[BlindTrial]) -> str:
    """Return the trials with their key, to be kept away from whoever answers."""
    return json.dumps([asdict(trial) for trial in trials], indent=1)


def trials_from_json(text: str) -> list[BlindTrial]:
    """Return the trials that `trials_to_json` wrote.

    Raises:
        BlindAnswersError: The text is not that.
    """
    try:
        return [BlindTrial(**trial) for trial in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise BlindAnswersError(f"these are no blind trials: {error}") from error


def score_answers(
    trials: Sequence[BlindTrial], answers: Mapping[str, str], *, draws: int = 2000, seed: int = 0
) -> BlindScore:
    """Score what the page handed back: trial id -> which side was taken for the real chat.

    Raises:
        BlindAnswersError: There is no answer, or one to no trial, or one that is none of left, right and unsure.
    """
    known = {trial.trial_id: trial for trial in trials}
    if strange := sorted(set(answers) - set(known)):
        raise BlindAnswersError(f"the answer to {strange[0]} belongs to none of these trials")
    if wrong := sorted(set(answers.values()) - {LEFT, RIGHT, UNSURE}):
        raise BlindAnswersError(f"an answer is {wrong[0]!r}, not {LEFT}, {RIGHT} or {UNSURE}")
    if not answers:
        raise BlindAnswersError("there is no answer yet")
    asked = [known[trial_id] for trial_id in sorted(answers)]
    recordings = sorted({trial.recording_id for trial in asked})
    recording_S = np.array([recordings.index(trial.recording_id) for trial in asked], dtype=np.int64)
    fooled_S = np.array([_fooled(trial, answers[trial.trial_id]) for trial in asked])
    statistic = ratio(
        per_recording(fooled_S, recording_S, len(recordings)),
        per_recording(np.ones(len(asked)), recording_S, len(recordings)),
    )
    unsure = sum(answer == UNSURE for answer in answers.values())
    return BlindScore(len(asked), unsure, Resampler(recordings, draws=draws, seed=seed).estimate(statistic))


def _fooled(trial: BlindTrial, answer: str) -> float:
    return 0.5 if answer == UNSURE else float(answer != trial.real)
