"""wav2vec2 models for forced alignment, as WhisperX chooses and loads them."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dougpt_media.extras import require
from dougpt_media.weights import (
    WAV2VEC2_FILES,
    WAV2VEC2_WEIGHTS,
    MissingWeightsError,
    NotOnThisMachineError,
    check_folder,
    is_offline,
)

whisperx = require("whisperx", extra="whisperx", purpose="forced alignment with wav2vec2")
torch = require("torch", extra="whisperx", purpose="forced alignment with wav2vec2")

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
    device = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    offline = is_offline(offline)
    try:
        check(model, language=language, cache=cache, offline=offline)
        # The library prints to standard output, which belongs to our caller's results.
        with redirect_stdout(sys.stderr):
            network, metadata = whisperx.load_align_model(
                language, device, model_name=model, model_dir=cache, model_cache_only=offline
            )
    except (OSError, ValueError, NotOnThisMachineError) as error:
        name = model or f"the default for {language}"
        fetch, setting = _fetch(model, language), "align_model"
        if _torchaudio_name(model, language):
            setting = "model_cache"
        raise MissingWeightsError(ENGINE, name, error, fetch=fetch, setting=setting) from error
    symbols = {str(symbol): int(number) for symbol, number in metadata["dictionary"].items()}
    return AlignModel(network.eval(), metadata["type"], symbols, device)


def check(model: str | None, *, language: str, cache: str | None, offline: bool) -> None:
    """Refuse what can be told to fail without loading anything.

    Raises:
        NotOnThisMachineError: A folder lacks files, or a model is to be loaded offline and is in no cache.
    """
    if model and Path(model).is_dir():
        check_folder(Path(model), WAV2VEC2_FILES, *WAV2VEC2_WEIGHTS)
    elif offline and (name := _torchaudio_name(model, language)):
        # torchaudio has no switch against the network.
        folder = Path(cache) if cache else Path(torch.hub.get_dir()) / "checkpoints"
        file = _torchaudio_file(name)
        if not (folder / file).is_file():
            raise NotOnThisMachineError(f"offline, and {file} is not in the cache of models")


def _torchaudio_name(model: str | None, language: str) -> str | None:
    alignment, pipelines = _libraries()
    name = model or alignment.DEFAULT_ALIGN_MODELS_TORCH.get(language)
    return name if name in pipelines.__all__ else None


def _torchaudio_file(name: str) -> str:
    _, pipelines = _libraries()
    return str(getattr(pipelines, name)._path)  # noqa: SLF001 (torchaudio names its file nowhere else)


def _fetch(model: str | None, language: str) -> str:
    if name := _torchaudio_name(model, language):
        call = f"torchaudio.pipelines.{name}.get_model(dl_kwargs={{'model_dir': 'models'}})"
        return f'python -c "import torchaudio; {call}"'
    alignment, _ = _libraries()
    published = alignment.DEFAULT_ALIGN_MODELS_HF.get(language) if model is None or Path(model).exists() else model
    return f"hf download {published or 'A_WAV2VEC2_CTC_MODEL'} --local-dir models/wav2vec2-{language}"


def _libraries() -> tuple[Any, Any]:
    purpose = "forced alignment with wav2vec2"
    return (
        require("whisperx.alignment", extra="whisperx", purpose=purpose),
        require("torchaudio.pipelines", extra="whisperx", purpose=purpose),
    )
