"""The model that is adapted: the tiny one, the folder of a local one, or one of the hub that is here already.

Nothing is fetched unless the settings say `download`, and no pickle is read.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from dougpt_schema import MissingExtraError, file_sha256
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from dougpt_train import tiny
from dougpt_train.attention import attend_by_rows
from dougpt_train.base_folder import MODEL_SUFFIXES, find_folder, require_model
from dougpt_train.errors import BaseModelError, NoGpuError, SeveralProcessesError
from dougpt_train.settings import TINY, TrainSettings

WEIGHTS_INDEX = "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
SAVE_ANEW = "where you trust it, open and save it once with transformers (from_pretrained, save_pretrained)"


@dataclass(frozen=True, slots=True)
class Base:
    """A base model before its weights are loaded.

    Attributes:
        name: "tiny", or the folder as the settings name it.
        folder: Where the weights are; None for a tiny model that is still to be trained.
        tokenizer: Its tokenizer.
        config: Its transformers configuration.
        stop_ids: The tokens that end an answer, by the tokenizer and the generation settings.
    """

    name: str
    folder: Path | None
    tokenizer: Any
    config: Any
    stop_ids: tuple[int, ...]


def open_base(settings: TrainSettings, samples: pa.Table) -> Base:
    """Open the base model of `settings`; the tiny one gets its vocabulary from `samples`.

    Raises:
        BaseModelError: The folder is missing, or holds no causal language model with a tokenizer.
    """
    if settings.base == TINY:
        tokenizer = tiny.make_tokenizer(tiny.texts(samples), settings.tiny_vocabulary)
        config = tiny.make_config(tokenizer, settings)
        return Base(TINY, None, tokenizer, config, (config.eos_token_id,))
    return open_folder(settings.base, find_folder(settings.base, download=settings.download))


def revision_of(base: Base) -> str | None:
    """Return the hub's revision of a base model that came from its cache."""
    folder = base.folder
    return folder.name if folder is not None and folder.parent.name == "snapshots" else None


def open_folder(name: str, folder: Path) -> Base:
    """Open the base model in `folder`.

    Raises:
        BaseModelError: The folder is missing, or holds no causal language model with a tokenizer.
    """
    require_model(name, folder)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise BaseModelError(name, _first_line(error)) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    # What is missing comes as a TypeError, or as an ImportError of what another kind of tokenizer would need.
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise BaseModelError(name, f"its tokenizer is not there or cannot be read ({_first_line(error)})") from error
    if len(tokenizer) <= len(tokenizer.added_tokens_decoder):  # transformers 5 makes an empty one of nothing
        raise BaseModelError(name, "its tokenizer is not there or cannot be read (it has no words)")
    _require_weights(name, folder)
    stops = [tokenizer.eos_token_id]
    if (folder / "generation_config.json").is_file():
        found = GenerationConfig.from_pretrained(folder, local_files_only=True).eos_token_id
        stops += found if isinstance(found, list) else [found]
    return Base(name, folder, tokenizer, config, tuple(sorted({stop for stop in stops if stop is not None})))


def _require_weights(name: str, folder: Path) -> None:
    """Raise BaseModelError unless the weights in `folder` are safetensors, all there and whole."""
    files = {path.name for path in folder.glob("*.safetensors")}
    if not files:
        pickles = sorted(path.name for suffix in PICKLES for path in folder.glob(f"*{suffix}"))
        remedy = "" if not pickles else f"; {pickles[0]} is a pickle, which may run code and is never read: {SAVE_ANEW}"
        raise BaseModelError(name, f"there are no weights as safetensors in its folder{remedy}")
    try:
        wanted = set(json.loads((folder / WEIGHTS_INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except FileNotFoundError:
        wanted = files
    except (ValueError, KeyError) as error:
        raise BaseModelError(name, f"{WEIGHTS_INDEX} cannot be read: fetch it again") from error
    if missing := sorted(wanted - files):
        raise BaseModelError(name, f"{len(missing)} of {len(wanted)} files of weights are missing, first {missing[0]}")
    for file in sorted(files):
        try:
            with safe_open(folder / file, "pt"):
                pass
        except (OSError, SafetensorError) as error:
            raise BaseModelError(name, f"{file} is cut off or damaged: fetch it again") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]


def make_tiny_base(
    base: Base,
    rows: Sequence[tuple[Sequence[int], int]],
    settings: TrainSettings,
    folder: Path,
    progress: Callable[[int, int, float], None] | None = None,
) -> tuple[Base, list[float]]:
    """Train the tiny model in full, save it to `folder`, and return it with its losses in nats a token."""
    model = tiny.make_model(base.config, settings)
    losses = tiny.pretrain(model, rows, settings, progress)
    model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return Base(base.name, folder, base.tokenizer, base.config, base.stop_ids), losses


def load_weights(base: Base, settings: TrainSettings, device: str, *, for_training: bool = False) -> Any:
    """Load the weights: 32-bit on a CPU, 16-bit on a GPU, 4-bit NF4 for QLoRA.

    Weights that are all trained are loaded in 32 bits on a GPU too: small steps are rounded away in 16. A base that
    several GPUs share lies on all of them, layer by layer, to compute with it; `for_training` leaves it to FSDP to
    place them. Where packs are trained on, it also sets attention to their rows.

    Raises:
        MissingExtraError: QLoRA without bitsandbytes.
        BaseModelError: The weights cannot be read.
    """
    kind = torch.float32 if for_training and settings.method == "full" else precision(device)
    shared = spread(settings, device)
    options: dict[str, object] = {"dtype": kind}
    if settings.method == "qlora" and not quantised(base):
        # FSDP cuts weights up as floats of one width: four bits hide in them, four to a weight.
        options |= {"quantization_config": _nf4(kind, storage=kind if shared else torch.uint8)}
        options |= {} if shared else {"device_map": {"": torch.cuda.current_device() if device == "cuda" else device}}
    options |= {"device_map": "auto"} if shared and not for_training else {}
    model = read_weights(base, **options)
    model = model if shared or "device_map" in options else model.to(device)
    return attend_by_rows(model) if for_training and settings.packing else model


def spread(settings: TrainSettings, device: str) -> bool:
    """Return whether several GPUs share the weights."""
    return settings.sharded and settings.processes > 1 and device == "cuda"


def quantised(base: Base) -> str | None:
    """Return how the weights in the base's folder are quantised, None where they are not."""
    found = getattr(base.config, "quantization_config", None)
    if found is None:
        return None
    return str(found.get("quant_method") if isinstance(found, dict) else getattr(found, "quant_method", "quantised"))


def read_weights(base: Base, **options: object) -> Any:
    """Load the weights with the options of `from_pretrained`.

    Raises:
        BaseModelError: The weights cannot be read.
    """
    try:
        return AutoModelForCausalLM.from_pretrained(base.folder, local_files_only=True, use_safetensors=True, **options)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise BaseModelError(base.name, f"its weights cannot be loaded: {_first_line(error)}") from error


def find_device(settings: TrainSettings) -> str:
    """Return "cuda" or "cpu" as the settings ask and the machine allows.

    Raises:
        NoGpuError: A GPU is asked for, and there is none.
        SeveralProcessesError: There are fewer GPUs than processes.
    """
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise NoGpuError("device 'cuda' is asked for, and PyTorch finds no GPU here: take 'cpu', or 'auto'")
    if settings.device == "cpu" or not torch.cuda.is_available():
        return "cpu"
    if settings.processes > torch.cuda.device_count():
        raise SeveralProcessesError(
            f"processes is {settings.processes}, and PyTorch finds {torch.cuda.device_count()} GPUs"
        )
    return "cuda"


def precision(device: str) -> torch.dtype:
    """Return the type of weights on a device: exact on CPUs, 16-bit on GPUs."""
    return torch.bfloat16 if device == "cuda" else torch.float32


def model_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that decides what the model in `folder` computes, by name."""
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix in MODEL_SUFFIXES]
    return {path.name: file_sha256(path) for path in sorted(files)}


def _nf4(compute: torch.dtype, storage: torch.dtype) -> Any:
    from importlib.util import find_spec  # noqa: PLC0415 (only QLoRA asks)

    if find_spec("bitsandbytes") is None:
        raise MissingExtraError("dougpt-train[qlora]", "method 'qlora', the default on a GPU (or method = 'lora'),")
    from transformers import BitsAndBytesConfig  # noqa: PLC0415 (loads bitsandbytes)

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        bnb_4bit_quant_storage=storage,
    )
