"""How chat is read: the choices a user can make, checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

COLUMN_ROLES = ("time", "offset_ms", "author", "display_name", "message", "id", "badges", "bits", "reply_to")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Choices for reading chat exports."""

    allow_truncated: bool = field(
        default=False,
        metadata={"help": "Whether `dougpt chat` keeps the complete messages of a cut export, instead of refusing it."},
    )
    streamer: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Further names of the channel's owner; mentions of them become @streamer."},
    )
    bots: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Logins of bots that the built-in list does not know."},
    )
    not_bots: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Logins that the built-in list takes for bots and that are people here."},
    )
    command_prefixes: tuple[str, ...] = field(
        default=("!",),
        metadata={"help": "A message that begins with one of these and a letter or digit is a command to a bot."},
    )
    emotes: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Words that are third-party emotes (7TV, BTTV, FFZ), beyond those embedded in the export."},
    )

    columns: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "help": "Which column of a CSV or Parquet holds what, where the header's own words do not say it: any of "
            "time, offset_ms, author, display_name, message, id, badges, bits, reply_to."
        },
    )

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.columns) - set(COLUMN_ROLES)):
            raise ValueError(f"columns has {unknown[0]!r}, which is none of {', '.join(COLUMN_ROLES)}")
        for name in ("streamer", "bots", "not_bots", "command_prefixes", "emotes"):
            if any(not word.strip() for word in getattr(self, name)):
                raise ValueError(f"{name} holds an empty word")


@dataclass(frozen=True, slots=True)
class RenderedSettings:
    """Choices for reading chat from the picture."""

    min_confidence: float = field(
        default=0.0,
        metadata={
            "help": "Messages that are less likely (0 to 1) to be read without a mistake are rejected, and counted; "
            "those that nobody could read always are. `dougpt curate` has a threshold of its own."
        },
    )
    threads: int = field(
        default=2,
        metadata={"help": "CPU threads that recognise text, each another piece of it."},
    )
    model: str = field(
        default="",
        metadata={
            "help": "Another recognition model than the engine's own, for `paddleocr`: PaddleOCR's name of one, or the "
            "folder of one that was fetched before. Empty: the engine's own."
        },
    )
    lexicon: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Words and names of emotes that are written in this chat: they tell letters apart that look alike. "
            "Those of [chat] emotes are known as well."
        },
    )

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence is {self.min_confidence}, not within 0 to 1")
        if self.threads < 1:
            raise ValueError(f"threads is {self.threads}, below 1")
        if any(not word.strip() for word in self.lexicon):
            raise ValueError("lexicon holds an empty word")
