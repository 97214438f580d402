"""A merged model, asked in the form of the run that it came from."""

import json
from pathlib import Path

from dougpt_schema import fingerprint

from dougpt_train.base import find_device, load_weights, model_files, open_folder
from dougpt_train.errors import RunFolderError
from dougpt_train.model import ChatModel, read_record
from dougpt_train.record import MERGED, read_settings
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
    try:
        record = json.loads((place / MERGED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(place, f"holds no readable {MERGED}: no merged model") from error
    if record["run_id"] != read_record(run)["run_id"]:
        raise RunFolderError(place, f"was merged from another run than {run.name}")
    found = {name: digest for name, digest in model_files(place).items() if name != MERGED}
    expected = {name: digest for name, digest in record["files"].items() if name != MERGED}
    if found != expected:
        raise RunFolderError(place, "is not what was merged: its files changed")
    settings = read_settings(run)
    opened = open_folder(place.name, place)
    network = load_weights(opened, settings, device or find_device(settings))
    renderer = Renderer(opened.tokenizer, settings, opened.stop_ids)
    return ChatModel(network, renderer, fingerprint("merged", found, settings.rendering()))
