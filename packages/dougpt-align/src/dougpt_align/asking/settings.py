"""Every choice that asking makes, with the defaults that are shipped."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AskSettings:
    """Settings of `questions`. Keep `random_size` while a recording is labelled: it sets the chance of being drawn."""

    active_share: float = field(
        default=0.5,
        metadata={"help": "Share of the questions that are chosen to teach; the others are drawn at random."},
    )
    random_size: int = field(
        default=400, metadata={"help": "Questions on a recording's list of random ones, which is asked in its order."}
    )
    second_rater: str | None = field(
        default=None,
        metadata={"help": "Who asks, where some of the others' random questions are to be asked again, for agreement."},
    )
    repeats: int = field(default=60, metadata={"help": "At most this many are asked a second rater again."})

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: A setting lies outside its range.
        """
        if not 0 <= self.active_share <= 1:
            raise ValueError(f"active_share must lie between 0 and 1, not {self.active_share}")
        for name in ("random_size", "repeats"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
