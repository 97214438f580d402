"""wav2vec2 models for forced alignment, as WhisperX chooses and loads them."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dougpt_media.extras import require
from dougpt_media.gpu import device_for
from dougpt_media.memory import explained
from dougpt_media.weights import (
    WAV2VEC2_FILES,
    WAV2VEC2_WEIGHTS,
    MissingWeightsError,
    NotOnThisMachineError,
    check_folder,
    is_offline,
)

PURPOSE = "forced alignment with wav2vec2"
whisperx = require("whisperx", extra="whisperx", purpose=PURPOSE)
torch = require("torch", extra="whisperx", purpose=PURPOSE)
huggingface_hub = require("huggingface_hub", extra="whisperx", purpose=PURPOSE)

ENGINE = "wav2vec2 (alignment)"


@dataclass(frozen=True, slots=True)
class AlignModel:
    """A model and how it writes.

    Attributes:
        network: Takes sound of shape (1, samples) to emissions of shape (1, T, V).
        kind: `torchaudio` or `huggingface`, which say how it is called.
        symbols: Its number for each letter, in lower case.
        device: Where it runs.
    """

    network: Any
    kind: str
    symbols: dict[str, int]
    device: str


def load(model: str | None, *, language: str, device: str, cache: str | None, offline: bool) -> AlignModel:
    """Load a model: `model` is a folder, a published name, or None for WhisperX's choice for the language.

    Raises:
        MissingWeightsError: It is not there and cannot be fetched.
    """
    device = device_for(device, torch)
    check(model, language=language, cache=cache, offline=offline)
    try:
        # The library prints to standard output, which belongs to our caller's results.
        with redirect_stdout(sys.stderr), explained(f"loading {ENGINE}"):
            network, metadata = whisperx.load_align_model(
                language, device, model_name=model, model_dir=cache, model_cache_only=is_offline(offline)
            )
    except (OSError, ValueError) as error:
        raise _missing(model, language, error) from error
    symbols = {str(symbol): int(number) for symbol, number in metadata["dictionary"].items()}
    return AlignModel(network.eval(), metadata["type"], symbols, device)


def check(model: str | None, *, language: str, cache: str | None, offline: bool) -> None:
    """Refuse what will fail, without loading anything: hours of recognition may come before the model is needed.

    Raises:
        MissingWeightsError: A folder lacks files, or a model is to be loaded offline and is in no cache.
    """
    try:
        if model and Path(model).is_dir():
            check_folder(Path(model), WAV2VEC2_FILES, *WAV2VEC2_WEIGHTS)
        elif is_offline(offline):
            _check_cache(model, language, cache)
    except NotOnThisMachineError as error:
        raise _missing(model, language, error) from error


def _check_cache(model: str | None, language: str, cache: str | None) -> None:
    if name := _torchaudio_name(model, language):
        # torchaudio has no switch against the network.
        folder = Path(cache) if cache else Path(torch.hub.get_dir()) / "checkpoints"
        file = str(getattr(_pipelines(), name)._path)  # noqa: SLF001 (torchaudio names its file nowhere else)
        if not (folder / file).is_file():
            raise NotOnThisMachineError(f"offline, and {file} is in no cache")
    elif (published := _published(model, language)) and not huggingface_hub.try_to_load_from_cache(
        published, "config.json", cache_dir=cache
    ):
        raise NotOnThisMachineError("offline, and it is in no cache")


def _missing(model: str | None, language: str, cause: Exception) -> MissingWeightsError:
    if name := _torchaudio_name(model, language):
        call = f"torchaudio.pipelines.{name}.get_model(dl_kwargs={{'model_dir': 'models'}})"
        fetch, setting = f'python -c "import torchaudio; {call}"', "model_cache"
    else:
        published = _published(model, language) or "A_WAV2VEC2_CTC_MODEL"
        fetch, setting = f"hf download {published} --local-dir models/wav2vec2-{language}", "align_model"
    return MissingWeightsError(
        ENGINE, model or f"for {language}", cause, fetch=fetch, setting=f"{setting} of [transcribe] or [refine]"
    )


def _published(model: str | None, language: str) -> str | None:
    """Return the name on the hub, if a model has one."""
    if model is None:
        found = _alignment().DEFAULT_ALIGN_MODELS_HF.get(language)
        return None if found is None else str(found)
    return None if Path(model).exists() else model


def _torchaudio_name(model: str | None, language: str) -> str | None:
    name = model or _alignment().DEFAULT_ALIGN_MODELS_TORCH.get(language)
    return name if name in _pipelines().__all__ else None


def _alignment() -> Any:
    return require("whisperx.alignment", extra="whisperx", purpose=PURPOSE)


def _pipelines() -> Any:
    return require("torchaudio.pipelines", extra="whisperx", purpose=PURPOSE)
