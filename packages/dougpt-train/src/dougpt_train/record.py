"""The files of a run's folder, and `run.json`, which binds everything that went into a run and came out of it.

`run_id` is the fingerprint of the inputs, known before the first step: data, rendered tokens and labels,
settings, base model, tokenizer and template, versions, code. Results are hashed beside them. Only
`git_commit` and `hardware` are neither.
"""

import hashlib
import json
import platform
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from dougpt_schema import SAMPLES, atomic_write, code_fingerprint, fingerprint, library_versions

from dougpt_train.base import find_device, model_files, revision_of
from dougpt_train.errors import RunFolderError
from dougpt_train.prepare import Prepared
from dougpt_train.render import Encoded
from dougpt_train.settings import TrainSettings

ADAPTER, BASE, FULL = "adapter", "base", "model"
WEIGHTS = "adapter_model.safetensors"
SETTINGS, PREFLIGHT, METRICS, RUN = "settings.json", "preflight.json", "metrics.json", "run.json"
# Beside the weights of a merged model: what they came from.
MERGED = "dougpt.json"
# Only in a run that is not finished: what it is made from, and that its base is whole.
INPUTS, BASE_MADE = "inputs.json", "base_made.json"
FORMAT = 1
UNDECIDING = frozenset({"canary", "download"})
LIBRARIES = (
    "accelerate",
    "bitsandbytes",
    "datasets",
    "numpy",
    "peft",
    "pyarrow",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
)


def describe_inputs(prepared: Prepared, test: pa.Table | None = None) -> dict[str, Any]:
    """Return everything that decides a run, as hashes and versions; `test` is what its splits are checked against."""
    base = prepared.base
    return {
        "samples": fingerprint_table(prepared.samples),
        "validation": fingerprint_table(prepared.validation),
        "test": fingerprint_table(SAMPLES.empty() if test is None else test),
        "rows": fingerprint_rows(prepared.rows),
        "validation_rows": fingerprint_rows(prepared.validation_rows),
        "settings": deciding(prepared.settings),
        "base": model_files(base.folder) if base.folder is not None else {},
        "base_revision": revision_of(base),
        "tokenizer": fingerprint(base.tokenizer.get_vocab(), list(base.stop_ids)),
        "template": fingerprint(base.tokenizer.chat_template, prepared.renderer.template_options),
        "versions": library_versions(*LIBRARIES) | {"python": ".".join(platform.python_version_tuple()[:2])},
        "code": code_fingerprint("dougpt_train"),
    }


def deciding(settings: TrainSettings) -> dict[str, Any]:
    """Return the settings without those that change no result: whether to look once more, and where a base is from."""
    return {name: value for name, value in asdict(settings).items() if name not in UNDECIDING}


def without_places(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded settings for a place outside this machine: a base's folder is only its last name."""
    local = Path(settings["base"]).is_absolute()
    return {**settings, "base": Path(settings["base"]).name if local else settings["base"]}


def hardware(settings: TrainSettings) -> dict[str, Any]:
    """Return what a run computes on: the kind of machine, no name of one."""
    device = find_device(settings)
    gpus = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())] if device == "cuda" else []
    return {"device": device, "gpus": gpus, "processes": settings.processes, "machine": platform.machine()}


def changed_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs between two descriptions of inputs, as name: [before, now]."""
    changed: dict[str, Any] = {}
    for name in sorted(before.keys() | now.keys()):
        one, other = before.get(name), now.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            changed |= {f"{name}.{part}": pair for part, pair in changed_inputs(one, other).items()}
        elif one != other:
            changed[name] = [one, other]
    return changed


def fingerprint_table(table: pa.Table) -> str:
    """Return a hash of the table's rows, whatever its chunks."""
    digest = hashlib.sha256()
    for batch in table.combine_chunks().to_batches(1024):
        for row in batch.to_pylist():
            digest.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def fingerprint_rows(rows: Iterable[Encoded]) -> str:
    """Return a hash of tokens and labels, in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(array("q", [len(row.ids), len(row.prompt_ids), *row.ids]).tobytes())
    return digest.hexdigest()


def write_json(path: Path, content: object) -> None:
    """Write `content` as JSON that is the same for the same content."""
    atomic_write(path, (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_record(folder: Path, name: str = RUN) -> Any:
    """Return what a file of a finished run holds; by default run.json.

    Raises:
        RunFolderError: There is none, or it is no JSON.
    """
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunFolderError(folder, f"holds no {name}: no finished run") from error
    except ValueError as error:
        raise RunFolderError(folder, f"{name} is no JSON: {error}") from error


def write_settings(folder: Path, settings: TrainSettings) -> None:
    """Write settings.json."""
    write_json(folder / SETTINGS, asdict(settings))


def read_settings(folder: Path) -> TrainSettings:
    """Read settings.json.

    Raises:
        RunFolderError: It is missing, no JSON, or holds settings that this version does not know.
    """
    try:
        return TrainSettings(**json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise RunFolderError(folder, f"{SETTINGS} cannot be read: {error}") from error
