"""How an evaluation is run: its seeds, its caps and the baselines beside the model."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import get_close_matches

BASELINES = (
    "characters",
    "words",
    "character_ngram",
    "word_ngram",
    "markov",
    "messages",
    "emotes",
    "retrieval",
    "tfidf",
    "another_minute",
)


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """Settings of `evaluate`; two reports compare only where all agree that change what is measured."""

    seed: int = field(default=0, metadata={"help": "Decides shuffled prompts, candidates and generated replies."})
    reply_seed: int = field(
        default=0,
        metadata={"help": "Decides what is said to a prompt; reports of several compare, and show what is chance."},
    )
    draws: int = field(default=2000, metadata={"help": "Bootstrap draws over recordings."})
    generated: int = field(default=300, metadata={"help": "Held-out windows that replies are generated for, at most."})
    ranked: int = field(default=200, metadata={"help": "Held-out windows whose true reply is ranked, at most."})
    candidates: int = field(
        default=20, metadata={"help": "Replies that are ranked for a window, the true one included."}
    )
    min_samples: int = field(default=500, metadata={"help": "With fewer held-out windows the report warns."})
    min_recordings: int = field(default=10, metadata={"help": "With fewer held-out recordings the report warns."})
    near_duplicate: float = field(
        default=0.5, metadata={"help": "Jaccard similarity from which a held-out window counts as seen in training."}
    )
    ngram_order: int = field(
        default=6, metadata={"help": "Characters that the n-gram baseline looks at, its own included."}
    )
    baselines: tuple[str, ...] = field(default=BASELINES, metadata={"help": "Baselines that stand beside the model."})
    flagged_words: tuple[str, ...] = field(
        default=(), metadata={"help": "Words that count as harassment, beside those of the list that is handed over."}
    )
    mauve: bool = field(
        default=False,
        metadata={"help": "Also measure MAUVE (extra `mauve`); it wants a thousand replies to say anything."},
    )
    few_shot: int = field(
        default=4,
        metadata={
            "help": "Examples in the prompt of the base model without its adapter, and of a server that completes "
            "plain text; 0 leaves that baseline out."
        },
    )
    examples: int = field(default=12, metadata={"help": "Windows whose replies are shown in the report."})

    def __post_init__(self) -> None:
        """Check ranges.

        Raises:
            ValueError: A setting is out of its range or names no baseline.
        """
        for name, least in (
            ("draws", 100),
            ("generated", 0),
            ("ranked", 0),
            ("candidates", 2),
            ("min_samples", 0),
            ("min_recordings", 0),
            ("ngram_order", 1),
            ("examples", 0),
            ("few_shot", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, it must be at least {least}")
        if not 0 < self.near_duplicate <= 1:
            raise ValueError(f"near_duplicate is {self.near_duplicate}, it must be in (0, 1]")
        if unknown := sorted(set(self.baselines) - set(BASELINES)):
            raise ValueError(f"there is no baseline {unknown[0]!r}; there are {', '.join(BASELINES)}")


@dataclass(frozen=True, slots=True)
class GateSettings:
    """When a measure counts as worse than before."""

    alpha: float = field(default=0.05, metadata={"help": "Chance of a false alarm over all measures together."})
    tolerance: dict[str, float] = field(
        default_factory=dict,
        metadata={"help": "measure -> how much worse is let through, where the default does not suit."},
    )
    limit: dict[str, float] = field(
        default_factory=dict,
        metadata={"help": "measure -> the worst value that passes at all, such as stop_rate = 0.99."},
    )

    def __post_init__(self) -> None:
        """Check ranges.

        Raises:
            ValueError: A setting is out of its range.
        """
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha is {self.alpha}, it must be in (0, 1)")
        if negative := sorted(name for name, value in self.tolerance.items() if value < 0):
            raise ValueError(f"the tolerance of {negative[0]} is negative")
        if named := self.tolerance.keys() | self.limit.keys():
            self._require_gated(named)

    @staticmethod
    def _require_gated(named: AbstractSet[str]) -> None:
        from dougpt_eval.measures import MEASURES  # noqa: PLC0415 - loads numpy

        if unknown := sorted(named - MEASURES.keys()):
            near = get_close_matches(unknown[0], MEASURES, n=1)
            raise ValueError(f"there is no measure {unknown[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if aimless := sorted(name for name in named if MEASURES[name].better == "neither"):
            raise ValueError(f"{aimless[0]} only describes: no direction of it is worse, so that it has no limit")
