"""A merged model, asked in the form of the run that it came from."""

import json
from pathlib import Path

from dougpt_schema import fingerprint

from dougpt_train.base import find_device, load_weights, model_files, open_folder
from dougpt_train.errors import RunFolderError
from dougpt_train.model import ChatModel
from dougpt_train.record import MERGED, read_record, read_settings
from dougpt_train.render import Renderer


def load_merged(folder: Path | str, run_folder: Path | str, *, device: str | None = None) -> ChatModel:
    """Open what `merge` wrote.

    Args:
        folder: The merged model.
        run_folder: The run that it was merged from; its settings say how samples are rendered.
        device: "cpu" or "cuda"; None takes what the run's settings say.

    Raises:
        RunFolderError: The folder is no merged model, not that run's, or its files have changed.
        BaseModelError: Its weights cannot be read.
    """
    place, run = Path(folder), Path(run_folder)
    files = require_merged(place, run)
    settings = read_settings(run)
    opened = open_folder(place.name, place)
    network = load_weights(opened, settings, device or find_device(settings))
    renderer = Renderer(opened.tokenizer, settings, opened.stop_ids)
    return ChatModel(network, renderer, fingerprint("merged", files, settings.rendering()))


def require_merged(folder: Path, run_folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a run's merged model that decides what it computes.

    Raises:
        RunFolderError: The folder is no merged model, not that run's, or its files have changed.
    """
    try:
        record = json.loads((folder / MERGED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(folder, f"holds no readable {MERGED}: it is no merged model") from error
    if record["run_id"] != read_record(run_folder)["run_id"]:
        raise RunFolderError(folder, f"was merged from another run than {run_folder.name}")
    found, expected = (
        {name: one[name] for name in one if name != MERGED} for one in (model_files(folder), record["files"])
    )
    if found != expected:
        changed = sorted(name for name in found | expected if found.get(name) != expected.get(name))
        raise RunFolderError(folder, f"was changed since it was merged: {', '.join(changed)}")
    return found
