"""Where models' weights come from: a folder, a cache or a hub, as the settings say, and what to do where they are not.

Nothing is fetched with `offline`, nor where the environment says HF_HUB_OFFLINE.
"""

import os
import textwrap
from pathlib import Path

from dougpt_schema import DougptError

WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")
WAV2VEC2_FILES = ("config.json", "vocab.json", "preprocessor_config.json")
WAV2VEC2_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
LONGEST_REASON = 240  # letters; what libraries say may be pages
YES = frozenset({"1", "ON", "YES", "TRUE"})  # as huggingface_hub reads its variables


class MissingWeightsError(DougptError):
    """A model's weights are not on this machine and could not be fetched.

    Attributes:
        engine: What needs them.
        model: The folder or name asked for.
        fetch: The command that fetches them, to run where there is a network; empty where no command would help.
    """

    def __init__(self, engine: str, model: str, cause: object, *, fetch: str, setting: str) -> None:
        self.engine = engine
        self.model = model
        self.fetch = fetch
        reason = textwrap.shorten(str(cause).strip().rstrip("."), LONGEST_REASON, placeholder=" ...")
        what_to_do = (
            f"where there is a network, run `{fetch}`, copy the folder here and set {setting} to it"
            if fetch
            else f"set {setting} to another folder or name"
        )
        super().__init__(f"{engine} cannot load the model {model!r}: {reason}; {what_to_do}")


class NotOnThisMachineError(DougptError):
    """The setting `offline` is on, and a model is in no cache."""


def is_offline(setting: bool) -> bool:
    """Return whether no network may be asked."""
    return setting or os.environ.get("HF_HUB_OFFLINE", "").upper() in YES


def check_folder(folder: Path, files: tuple[str, ...], *any_of: str) -> None:
    """Refuse a model's folder that lacks a file; without it a library would ask a network.

    Raises:
        NotOnThisMachineError: It names what is missing.
    """
    missing = [name for name in files if not (folder / name).is_file()]
    if any_of and not any((folder / name).is_file() for name in any_of):
        missing.append(" or ".join(any_of))
    if missing:
        raise NotOnThisMachineError(f"the folder lacks {', '.join(missing)}")


def identity(model: str | None) -> str:
    """Return what tells a model from another of the same name: its name, and sizes and times of a folder's files."""
    folder = Path(model) if model else None
    if folder is None or not folder.is_dir():
        return model or ""
    states = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    return " ".join(f"{name}:{state.st_size}:{state.st_mtime_ns}" for name, state in states)
