"""Where a base model lies: a folder, or the hub's cache. Neither PyTorch nor transformers is loaded to know that.

Nothing is fetched unless the settings say `download`.
"""

import re
import shutil
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from dougpt_train.errors import BaseModelError
from dougpt_train.settings import TINY, TrainSettings

# What decides the output of a model folder; READMEs and training states do not.
MODEL_SUFFIXES = frozenset({".safetensors", ".json", ".jinja", ".model", ".txt"})
MODEL_PATTERNS = [f"*{suffix}" for suffix in sorted(MODEL_SUFFIXES)]
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def find_folder(base: str, *, download: bool = False) -> Path:
    """Return the folder of a base model: `base` itself, or where the hub's cache keeps the model of that name.

    Args:
        base: A folder, or a name such as "Qwen/Qwen3-4B-Base".
        download: Fetch what is not there.

    Raises:
        BaseModelError: It is neither a folder nor in the cache, or the hub does not have it.
    """
    if Path(base).is_dir() or not HUB_NAME.fullmatch(base):
        return Path(base)
    try:
        return Path(snapshot_download(base, local_files_only=not download, allow_patterns=MODEL_PATTERNS))
    except LocalEntryNotFoundError as error:
        hint = (
            f"there is no folder {Path(base).absolute()} and no such model in the hub's cache; "
            f"fetch it with `hf download {base}`, or set download = true"
        )
        away = f"the hub cannot be reached; copy here what `hf download {base}` fetches elsewhere, and name that folder"
        raise BaseModelError(base, away if download else hint) from error
    except (OSError, HfHubHTTPError) as error:
        raise BaseModelError(base, str(error).splitlines()[0]) from error


def require_model(name: str, folder: Path) -> None:
    """Refuse a folder that holds no model.

    Raises:
        BaseModelError: It is missing, or has no config.json.
    """
    if not (folder / "config.json").is_file():
        raise BaseModelError(
            name, "no such folder with a config.json; a model of the hub is named like Qwen/Qwen3-4B-Base"
        )


def let_others_read(folder: Path) -> None:
    """Give the weights below a folder the mode of the files beside them: safetensors lets none but their owner read."""
    for weights in folder.rglob("*.safetensors"):
        shutil.copymode(next(weights.parent.glob("*.json")), weights)


def require_base(settings: TrainSettings) -> None:
    """Refuse a base model that is not there and would not be fetched.

    Raises:
        BaseModelError: There is no such folder, and no such model in the hub's cache.
    """
    fetched = settings.download and HUB_NAME.fullmatch(settings.base) is not None
    if settings.base != TINY and not fetched:
        require_model(settings.base, find_folder(settings.base))
