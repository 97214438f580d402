"""What every recogniser gives back, and what it says when its weights are missing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dougpt_schema import DougptError

from dougpt_media.audio import Audio
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Word

MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Recognition:
    """Words in spoken order, which engine and model they come from, and what to be warned of."""

    words: list[Word]
    facts: dict[str, str | float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


Recogniser = Callable[[Audio, TranscribeSettings], Recognition]


class MissingWeightsError(DougptError):
    """A model's weights are not on this machine and could not be fetched.

    Attributes:
        engine: Which recogniser needs them.
        model: The folder or name asked for.
    """

    def __init__(self, engine: str, model: str, cause: object) -> None:
        self.engine = engine
        self.model = model
        reason = " ".join(str(cause).split())[:200]
        super().__init__(
            f"{engine} cannot load the model {model!r} ({reason}): name a folder that holds it, "
            "or fetch it once where there is a network and without the setting `offline`"
        )


def check_model_folder(folder: Path, engine: str) -> None:
    """Refuse a folder without a CTranslate2 Whisper model; without its tokenizer a library would ask a network.

    Raises:
        MissingWeightsError: A file is missing.
    """
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if missing:
        raise MissingWeightsError(engine, folder.name, f"the folder lacks {', '.join(missing)}")
