"""Every choice that segmenting and aligning make, with the defaults that are shipped."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class AlignSettings:
    """Settings of `segment`, `align`, `fit_channel` and `edit_map`; one record for the whole package."""

    pause_ms: int = field(default=700, metadata={"help": "A silence this long ends an utterance."})
    turn_pause_ms: int = field(default=2000, metadata={"help": "A silence this long, or a new speaker, ends a turn."})
    max_utterance_ms: int = field(
        default=15_000, metadata={"help": "Longer utterances are split at their longest silence."}
    )
    earliest_lag_ms: int = field(
        default=-8000, metadata={"help": "Earliest reply, from the utterance's end; negative: before it is finished."}
    )
    latest_lag_ms: int = field(default=45_000, metadata={"help": "Latest reply, from the utterance's end."})
    max_candidates: int = field(default=48, metadata={"help": "The newest utterances considered for one event."})
    max_offset_ms: int = field(
        default=900_000, metadata={"help": "How far apart the clocks of chat and speech may be; 0: they are one."}
    )
    min_clock_margin: float = field(
        default=3.0, metadata={"help": "Below this margin (in nats) a stretch of the clock counts as uncertain."}
    )
    share: float = field(
        default=0.30,
        metadata={"help": "Share of messages that answer the streamer, where no labels or prior pin it."},
    )
    fertility_shape: float = field(
        default=0.7,
        metadata={"help": "Shape of the Gamma prior on an utterance's replies; small: few draw most."},
    )
    # More rounds change nothing on one made family, and sharpen bursts that answer nothing on the other.
    max_iterations: int = field(default=16, metadata={"help": "At most this many rounds of the fit."})
    accept_probability: float = field(
        default=0.9, metadata={"help": "Accept from this probability on, where labels do not choose the threshold."}
    )
    precision: float = field(
        default=0.95,
        metadata={"help": "The precision that random labels are asked to certify; without any it changes nothing."},
    )
    confidence: float = field(default=0.95, metadata={"help": "Confidence of the bound on that precision."})
    copies: int = field(default=4, metadata={"help": "This many people posting one long text make it copypasta."})
    copy_window_ms: int = field(default=60_000, metadata={"help": "Within this time."})
    own_room: str | None = field(
        default=None, metadata={"help": "This channel's room id in shared chats; other rooms are rejected."}
    )

    def __post_init__(self) -> None:
        wrong = [text for holds, text in self._rules() if not holds]
        if wrong:
            raise ValueError("; ".join(wrong))

    def without_labels(self) -> "AlignSettings":
        """Return the settings that decide an alignment without labels: what these are asked for is at its default."""
        default = AlignSettings()
        return replace(self, precision=default.precision, confidence=default.confidence)

    def _rules(self) -> list[tuple[bool, str]]:
        """What must hold, and what to say where it does not."""
        positive = ("pause_ms", "turn_pause_ms", "max_utterance_ms", "copy_window_ms", "fertility_shape")
        shares = ("share", "precision", "confidence")
        least = {"max_candidates": 1, "max_iterations": 1, "copies": 2, "min_clock_margin": 0}
        return [
            *((getattr(self, name) > 0, f"{name} must be positive, not {getattr(self, name)}") for name in positive),
            *((0 < getattr(self, name) < 1, f"{name} must lie between 0 and 1") for name in shares),
            *((getattr(self, name) >= low, f"{name} must be at least {low}") for name, low in least.items()),
            (self.turn_pause_ms >= self.pause_ms, "turn_pause_ms must not be under pause_ms"),
            (
                self.earliest_lag_ms <= 0 < self.latest_lag_ms,
                "the lags from earliest_lag_ms to latest_lag_ms must hold 0",
            ),
            (self.latest_lag_ms - self.earliest_lag_ms <= 600_000, "lags may span 600000 ms at most"),
            (0 <= self.max_offset_ms <= 3_600_000, f"max_offset_ms must lie in 0 to 3600000, not {self.max_offset_ms}"),
            (0 < self.accept_probability <= 1, f"accept_probability must lie in (0, 1], not {self.accept_probability}"),
        ]
