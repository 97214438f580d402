"""A blind comparison by a person: which of two bursts is the real chat?

Trials and their key are drawn here; the page shows only the trials, takes answers by keyboard and hands them
back as JSON; scoring them gives how often the model was taken for the real chat. One half means that nobody
can tell them apart. The key holds no texts: which side was real, and of which recording.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from dougpt_schema import ArrowStream, DougptError, Model, fingerprint
from dougpt_schema.page.head import head, policy_of
from dougpt_schema.page.words import tame
from numpy.typing import NDArray

from dougpt_eval.answers import bursts_of
from dougpt_eval.measures import cut
from dougpt_eval.resampling import COVERAGE, DIGITS, Estimate, Resampler, per_recording, ratio
from dougpt_eval.suite import Suite

LEFT, RIGHT, UNSURE = "left", "right", "unsure"
HERE = Path(__file__).parent
ID_DIGITS = 16


class BlindAnswersError(DougptError):
    """Answers do not belong to the trials, or are none."""


@dataclass(frozen=True, slots=True)
class BlindTrial:
    """Two bursts for one window, one real and one by the model; the page gets all but `real` and the recording."""

    trial_id: str
    recording_id: str
    context: list[str]
    prompt: str
    left: list[str]
    right: list[str]
    real: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What a trial's answer is held against."""

    trial_id: str
    recording_id: str
    real: str


@dataclass(frozen=True, slots=True)
class BlindKey:
    """Which side of each trial was real; to be kept away from whoever answers.

    Attributes:
        page: The page's id, a hash of what it shows.
        model: The fingerprint of the model that was asked.
        name: What the model was called, such as its run.
        rows: One row a trial.
    """

    page: str
    model: str
    name: str
    rows: tuple[KeyRow, ...]

    @classmethod
    def of(cls, trials: Sequence[BlindTrial], model: Model, name: str) -> "BlindKey":
        """Return the key of the page that shows `trials`."""
        rows = tuple(KeyRow(trial.trial_id, trial.recording_id, trial.real) for trial in trials)
        return cls(page_id(trials), model.fingerprint, name, rows)

    def to_json(self) -> str:
        """Return the key as JSON text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "BlindKey":
        """Return the key that `to_json` wrote.

        Raises:
            BlindAnswersError: The text is not that.
        """
        try:
            plain = json.loads(text)
            rows = tuple(KeyRow(**row) for row in plain["rows"])
            return cls(plain["page"], plain["model"], plain["name"], rows)
        except (ValueError, TypeError, KeyError) as error:
            raise BlindAnswersError(f"this is no key of a blind page: {error}") from error


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
    """Return `trials` held-out windows in a drawn order, spread over the recordings, the real side left in half.

    There are fewer where the holdout has no more: windows where the model says nothing, or what was really said, are
    left out and others take their place. Real bursts are cut to as many replies as the model wrote, and the model's to
    as many as are real: the number of lines must not give them away. Sides and order are another model's own, so that
    who was asked about one model knows nothing of the next.
    """
    suite = Suite.of(samples)
    pairs: list[_Pair] = []
    places_S = suite.spread(seed)
    while len(places_S) and len(pairs) < trials:
        wanted = trials - len(pairs)
        pairs += _pairs(model, suite, places_S[:wanted], seed)
        places_S = places_S[wanted:]
    luck = np.random.default_rng([seed, int(fingerprint(model.fingerprint)[:ID_DIGITS], 16)])
    swapped = luck.permutation(np.arange(len(pairs)) % 2 == 1).tolist()
    return [_trial(pairs[index], swapped[index], model, seed) for index in luck.permutation(len(pairs))]


@dataclass(frozen=True, slots=True)
class _Pair:
    row: Mapping[str, Any]
    real: list[str]
    generated: list[str]


def _pairs(model: Model, suite: Suite, places_S: NDArray[np.int64], seed: int) -> list[_Pair]:
    """Ask the model about some windows; return those where there is something to tell apart."""
    samples = suite.samples.take(places_S)
    found = []
    for place, row, said in zip(places_S, samples.to_pylist(), bursts_of(model, samples, seed), strict=True):
        real = suite.replies[place]
        generated = [text for text in said if text.strip()]  # an empty line would give it away
        lines = min(len(real), len(generated))
        if lines and generated[:lines] != real[:lines]:
            found.append(_Pair(row, real[:lines], generated[:lines]))
    return found


def _trial(pair: _Pair, swap: bool, model: Model, seed: int) -> BlindTrial:
    left, right = (pair.generated, pair.real) if swap else (pair.real, pair.generated)
    return BlindTrial(
        trial_id=fingerprint(pair.row["sample_id"], seed, model.fingerprint)[:ID_DIGITS],
        recording_id=pair.row["recording_id"],
        context=pair.row["context"],
        prompt=pair.row["prompt"],
        left=left,
        right=right,
        real=RIGHT if swap else LEFT,
    )


def render_trials(trials: Sequence[BlindTrial]) -> str:
    """Return a page that asks about each trial; it needs no network and does not hold the key."""
    # Inside a script element only "<" can end it; chat is written by strangers.
    shown = {"page": page_id(trials), "trials": [_shown(trial) for trial in trials]}
    data = json.dumps(shown, sort_keys=True).replace("<", "\\u003c")
    script = (HERE / "blind.js").read_text(encoding="utf-8")
    style = (HERE / "blind.css").read_text(encoding="utf-8")
    body = (HERE / "blind.html").read_text(encoding="utf-8")
    start = head("dougpt: which is the real chat?", style, policy_of(script))
    data_block = f'<script type="application/json" id="trials">{data}</script>'
    return f"{start}{body}{data_block}\n<script>{script}</script>\n</body>\n</html>\n"


def page_id(trials: Sequence[BlindTrial]) -> str:
    """Return what a page and its answers are known by."""
    return fingerprint([_shown(trial) for trial in trials])[:ID_DIGITS]


def read_answers(text: str) -> tuple[str, dict[str, str]]:
    """Return the page's id and the answers, trial id -> side, of what a page saved.

    Raises:
        BlindAnswersError: The text is not that.
    """
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise BlindAnswersError(f"these are no blind answers: {error}") from error
    answers = plain.get("answers") if isinstance(plain, dict) else None
    if not isinstance(answers, dict) or not isinstance(plain.get("page"), str):
        raise BlindAnswersError("these are no blind answers: a page's id and its answers are wanted")
    return plain["page"], {str(trial_id): str(side) for trial_id, side in answers.items()}


def score_answers(key: BlindKey, answers: Mapping[str, str], *, draws: int = 2000, seed: int = 0) -> BlindScore:
    """Score what the page handed back: trial id -> which side was taken for the real chat.

    Raises:
        BlindAnswersError: There is no answer, or one to no trial, or one that is none of left, right and unsure.
    """
    known = {row.trial_id: row for row in key.rows}
    if strange := sorted(set(answers) - set(known)):
        raise BlindAnswersError(f"the answer to {strange[0]} belongs to none of these trials")
    if wrong := sorted(set(answers.values()) - {LEFT, RIGHT, UNSURE}):
        raise BlindAnswersError(f"an answer is {wrong[0]!r}, not {LEFT}, {RIGHT} or {UNSURE}")
    if not answers:
        raise BlindAnswersError("there is no answer yet")
    asked = [known[trial_id] for trial_id in sorted(answers)]
    recordings = sorted({row.recording_id for row in asked})
    recording_S = np.array([recordings.index(row.recording_id) for row in asked], dtype=np.int64)
    fooled_S = np.array([_fooled(row, answers[row.trial_id]) for row in asked])
    statistic = ratio(
        per_recording(fooled_S, recording_S, len(recordings)),
        per_recording(np.ones(len(asked)), recording_S, len(recordings)),
    )
    unsure = sum(answer == UNSURE for answer in answers.values())
    taken = Resampler(recordings, draws=draws, seed=seed).estimate(statistic)
    return BlindScore(len(asked), unsure, _widened(cut(taken, 0.0, 1.0), len(asked)))


def _widened(taken: Estimate, answered: int) -> Estimate:
    """Answers that all agree have no spread: their interval is the exact one of Clopper and Pearson (1934)."""
    least = ((1 - COVERAGE) / 2) ** (1 / answered)
    if taken.value == 0:
        return replace(taken, low=0.0, high=round(1 - least, DIGITS))
    return replace(taken, low=round(least, DIGITS), high=1.0) if taken.value == 1 else taken


def _shown(trial: BlindTrial) -> dict[str, Any]:
    texts = {name: [tame(text) for text in getattr(trial, name)] for name in ("context", "left", "right")}
    return {"trial_id": trial.trial_id, "prompt": tame(trial.prompt), **texts}


def _fooled(row: KeyRow, answer: str) -> float:
    return 0.5 if answer == UNSURE else float(answer != row.real)
