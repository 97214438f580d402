"""One evaluation: the model, what it must beat and the real chat, on the same held-out windows."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from dougpt_schema import PROFILE, SAMPLES, ArrowStream, Model, Names, Split, as_table, mixed_recordings
from numpy.typing import NDArray

from dougpt_eval.answers import CannotScoreError, Said, said_by
from dougpt_eval.baselines import Contender, fit_baselines, lacking
from dougpt_eval.behaviour import Bursts, Forbidden, measure_behaviour, measure_habits, plain
from dougpt_eval.contamination import find_near_duplicates
from dougpt_eval.fit import bytes_of, measure_fit
from dougpt_eval.likeness import StylesOf, measure_likeness
from dougpt_eval.mauve import measure_mauve
from dougpt_eval.measures import bounded
from dougpt_eval.relevance import measure_relevance
from dougpt_eval.report import Contamination, Example, Report, Result, SuiteFacts
from dougpt_eval.resampling import Estimate, Resampler
from dougpt_eval.settings import EvaluateSettings
from dougpt_eval.suite import HoldoutError, Suite, replies_of

type Progress = Callable[[str, int, int], None]
"""Called with what was done, how many steps are done, and how many there are."""

MODEL = "model"
EMOTE_FAMILY = "emote"
NEAREST_SHOWN = 20

_WORD = re.compile(r"\w+")


def evaluate(
    model: Model,
    samples: ArrowStream,
    settings: EvaluateSettings | None = None,
    *,
    profile: ArrowStream | None = None,
    training: ArrowStream | None = None,
    references: Mapping[str, Model] | None = None,
    names: Names | None = None,
    harasses: Callable[[str], bool] | None = None,
    styles_of: StylesOf | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure `model` on held-out samples beside baselines fitted on the training split.

    Args:
        model: What is evaluated.
        samples: The held-out samples, a table of the `samples` contract.
        settings: Seeds, caps and baselines.
        profile: The channel's profile, of which the emote vocabulary is used.
        training: The training split. Without it there are no baselines and nothing is said of copies from training.
        references: Further models by name, such as the base model without its adapter.
        names: Who is a chatter; without it nothing is said of bare names in replies.
        harasses: Whether a text is harassment, by a word list; without it only the settings' own words count.
        styles_of: Names the style of replies to prompts; without it the mix of styles is not compared.
        progress: Told of each step.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: There is no held-out sample, or a recording stands on both sides.
        ModelAnswerError: A model broke the Model protocol.
    """
    settings = settings or EvaluateSettings()
    suite = Suite.of(samples)
    trained = _training_split(training, suite)
    emotes = _emote_vocabulary(profile)
    # Before anything is measured: a holdout that training has seen says nothing.
    contamination = None if trained is None else _contamination(suite, trained, settings)
    contenders = [
        Contender(MODEL, "the evaluated model", model),
        *(Contender(name, "a further model", other) for name, other in (references or {}).items()),
        *(fit_baselines(trained, sorted(emotes), settings) if trained is not None else ()),
    ]
    bench = _Bench(suite, settings, _Eyes(_forbidden(settings, trained, names, harasses), emotes, styles_of))
    results = []
    for done, contender in enumerate(contenders):
        results.append(bench.measure(contender))
        if progress is not None:
            progress(contender.name, done + 1, len(contenders))
    return Report(
        suite=SuiteFacts(
            suite.fingerprint,
            len(suite.recordings),
            len(suite),
            sum(map(len, suite.replies)),
            int(bytes_of(suite).sum()),
        ),
        settings={name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()},
        model=results[0],
        baselines=tuple(results[1:]),
        real=bench.real_chat(),
        examples=bench.examples(),
        contamination=contamination,
        warnings=(*_warnings(suite, settings, trained, contamination), *_unscored(results)),
    )


@dataclass(frozen=True, slots=True)
class _Eyes:
    """What replies are looked at with."""

    forbidden: Forbidden
    emotes: set[str]
    styles_of: StylesOf | None


class _Bench:
    """The held-out windows, ready to measure one contender after the other in the same way."""

    def __init__(self, suite: Suite, settings: EvaluateSettings, eyes: _Eyes) -> None:
        self._suite, self._settings, self._eyes = suite, settings, eyes
        self._resampler = Resampler(suite.recordings, draws=settings.draws, seed=settings.seed)
        self._places_S = suite.some(settings.generated, settings.seed)
        self._windows = suite.samples.take(self._places_S)
        self._real = self._bursts(Said([suite.replies[place] for place in self._places_S], None))
        self._shown_S = _shown(len(self._places_S), settings)
        self._said: dict[str, list[list[str]]] = {}

    def measure(self, contender: Contender) -> Result:
        """Return all figures that make sense for the contender."""
        measures, unscored = self._expected(contender)
        if contender.speaks and len(self._places_S):
            said = said_by(contender.model, self._windows, self._settings.reply_seed)
            self._said[contender.name] = [said.bursts[place] for place in self._shown_S]
            measures |= self._heard(self._bursts(said))
        return Result(contender.name, contender.what, contender.model.fingerprint, bounded(measures), unscored)

    def _expected(self, contender: Contender) -> tuple[dict[str, Estimate], str]:
        """Return fit and relevance, which ask for log-probabilities, and why there are none, else nothing."""
        measures: dict[str, Estimate] = {}
        try:
            if contender.likely:
                measures |= measure_fit(contender.model, self._suite, self._resampler, seed=self._settings.seed)
            if contender.ranks:
                measures |= measure_relevance(contender.model, self._suite, self._resampler, self._settings)
        except CannotScoreError as error:
            return {}, str(error)
        return measures, ""

    def _heard(self, generated: Bursts) -> dict[str, Estimate]:
        """Return likeness and behaviour, which look at what was said."""
        emotes, forbidden = self._eyes.emotes, self._eyes.forbidden
        return {
            **measure_likeness(generated, self._real, self._resampler, emotes=emotes, styles_of=self._eyes.styles_of),
            **(measure_mauve(generated, self._real, self._resampler) if self._settings.mauve else {}),
            **measure_habits(generated, self._resampler, emotes),
            **measure_behaviour(generated, self._real, self._resampler, forbidden),
        }

    def real_chat(self) -> Result:
        """Return what the real chat does in the same windows."""
        measures: dict[str, Estimate] = {}
        if len(self._places_S):
            measures = measure_habits(self._real, self._resampler, self._eyes.emotes)
            measures |= measure_behaviour(self._real, self._real, self._resampler, self._eyes.forbidden)
        return Result("real chat", "what chat wrote in the same windows", self._suite.fingerprint, bounded(measures))

    def examples(self) -> tuple[Example, ...]:
        """Return some windows with real and generated replies."""
        rows = self._windows.take(self._shown_S).to_pylist()
        return tuple(
            Example(
                sample_id=row["sample_id"],
                recording_id=row["recording_id"],
                context=row["context"],
                prompt=row["prompt"],
                real=[reply["text"] for reply in row["responses"]],
                generated={name: bursts[place] for name, bursts in self._said.items()},
            )
            for place, row in enumerate(rows)
        )

    def _bursts(self, said: Said) -> Bursts:
        prompts = [self._suite.prompts[place] for place in self._places_S]
        recording_S = self._suite.recording_of[self._places_S]
        return Bursts(said.bursts, prompts, recording_S, len(self._suite.recordings), said.stopped)


def _shown(windows: int, settings: EvaluateSettings) -> NDArray[np.int64]:
    drawn = np.random.default_rng([settings.seed, 4]).permutation(windows)[: settings.examples]
    return np.sort(drawn).astype(np.int64)


def _unscored(results: Sequence[Result]) -> list[str]:
    whose = [("the model" if result.name == MODEL else result.name, result.unscored) for result in results]
    return [f"bits per byte, prompt gain and relevance of {name} are missing: {why}" for name, why in whose if why]


def _training_split(training: ArrowStream | None, suite: Suite) -> pa.Table | None:
    if training is None:
        return None
    whole = SAMPLES.check(SAMPLES.conform(as_table(training), sort=True))
    table = whole.select(SAMPLES.schema.names)
    if held := sum(split != Split.TRAIN for split in table["split"].to_pylist()):
        raise HoldoutError(f"{held} of {len(table)} training samples are of another split")
    if both := mixed_recordings(whole, suite.samples):
        raise HoldoutError(
            f"recording {both[0]} is both held out and trained on, at moments too near ({len(both)} such recordings)"
        )
    return table


def _forbidden(
    settings: EvaluateSettings, trained: pa.Table | None, names: Names | None, listed: Callable[[str], bool] | None
) -> Forbidden:
    said = None if trained is None else frozenset(plain(text) for burst in replies_of(trained) for text in burst)
    words = frozenset(word.casefold() for word in settings.flagged_words)

    def harasses(text: str) -> bool:
        return not words.isdisjoint(_WORD.findall(text.casefold())) or (listed is not None and listed(text))

    return Forbidden(said, names, harasses if words or listed is not None else None)


def _emote_vocabulary(profile: ArrowStream | None) -> set[str]:
    if profile is None:
        return set()
    table = PROFILE.conform(as_table(profile))
    names = zip(table["name"].to_pylist(), table["key"].to_pylist(), strict=True)
    return {key for name, key in names if name == EMOTE_FAMILY}


def _contamination(suite: Suite, trained: pa.Table, settings: EvaluateSettings) -> Contamination:
    found = find_near_duplicates(suite, trained, similarity=settings.near_duplicate)
    nearest = [(pair.sample_id, pair.training_id, pair.similarity) for pair in found[:NEAREST_SHOWN]]
    return Contamination(len(found), nearest)


def _warnings(
    suite: Suite, settings: EvaluateSettings, trained: pa.Table | None, contamination: Contamination | None
) -> list[str]:
    found = []
    if len(suite) < settings.min_samples or len(suite.recordings) < settings.min_recordings:
        found.append(
            f"the holdout is too small to tell small differences: {len(suite)} windows"
            f" of {len(suite.recordings)} recordings, wanted are {settings.min_samples} of {settings.min_recordings}"
        )
    if len(suite.recordings) < 2:
        found.append("one held-out recording gives no intervals, and no later run can be compared with this one")
    if trained is None:
        found.append(
            "no training split was given: there are no baselines, and copies from training were not looked for"
        )
    else:
        found += [f"the baseline {name} is missing: install dougpt-eval[{name}]" for name in lacking(settings)]
    if contamination is not None and contamination.windows:
        found.append(
            f"{contamination.windows} of {len(suite)} held-out windows have a near-duplicate in training"
            f" (similarity of at least {settings.near_duplicate})"
        )
    return found
