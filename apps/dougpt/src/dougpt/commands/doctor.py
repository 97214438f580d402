"""`dougpt doctor`: which engines, weights, GPU and disk are here."""

import os
import shutil
import subprocess
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import click
from dougpt_schema.installing import install_command

from dougpt import options

ENGINES = (
    ("media files", "av", "dougpt-media"),
    ("forced alignment, emergency speech recognition", "pocketsphinx", "dougpt-media[pocketsphinx]"),
    ("speech recognition", "whisperx", "dougpt-media[whisperx]"),
    ("speech recognition without torch", "faster_whisper", "dougpt-media[faster-whisper]"),
    ("telling speakers apart", "pyannote", "dougpt-media[diarise]"),
    ("download of recordings", "yt_dlp", "dougpt-media[download]"),
    ("chat in the picture", "rapidocr", "dougpt-chat[ocr]"),
    ("chat in the picture", "paddleocr", "dougpt-chat[paddle]"),
    ("fast alignment of large recordings", "numba", "dougpt-align[numba]"),
    ("training", "trl", "dougpt-train[sft]"),
    ("training on 4-bit weights", "bitsandbytes", "dougpt-train[qlora]"),
    ("run tracking", "mlflow", "dougpt-train[mlflow]"),
    ("dougpt pipeline", "snakemake", "dougpt[pipeline]"),
    ("plots of the report page", "matplotlib", "dougpt[report]"),
)
OF_WHISPER = ("whisperx", "faster_whisper")
LEAST_FREE_GB = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for, and how to get it where it is missing."""

    what: str
    found: str
    ok: bool
    command: str = ""


@click.command()
@options.workspace
@options.as_json
def command(workspace: Path, as_json: bool) -> None:
    """Say which engines, weights, GPU and disk are here, what is missing and how to get it.

    Neither torch nor a model is loaded. What is missing matters only where its purpose does.

    \b
    Example:
      dougpt doctor --workspace doug
    """
    findings = [*_engines(workspace), *_weights(workspace), _gpu(), _disk(workspace)]
    if as_json:
        options.print_json([asdict(finding) for finding in findings])
        return
    for finding in findings:
        advice = f"; get it: {finding.command}" if finding.command and not finding.ok else ""
        click.echo(f"{'ok' if finding.ok else '--':<3} {finding.what}: {finding.found}{advice}")


def _engines(root: Path) -> list[Finding]:
    found = []
    for purpose, module, extra in ENGINES:
        here = find_spec(module) is not None
        missing = Finding(purpose, f"{module} is not installed", ok=False, command=install_command(extra))
        without_model = _without_model(root, purpose, module) if here and module in OF_WHISPER else None
        found.append(without_model or (replace(missing, found=module, ok=True) if here else missing))
    return found


def _without_model(root: Path, purpose: str, engine: str) -> Finding | None:
    """Return that an engine is here without its model, which it can do nothing without."""
    from dougpt_media.settings import TranscribeSettings
    from dougpt_media.transcription.whisper_weights import find_model
    from dougpt_media.weights import MissingWeightsError

    from dougpt.settings import load_settings

    file = root / "dougpt.toml"
    settings = load_settings(file).transcribe if file.is_file() else TranscribeSettings()
    try:
        find_model(replace(settings, offline=True), engine)
    except MissingWeightsError as error:
        found = f"{engine}, but not its model {error.model!r}; its folder is named by transcribe.model"
        return Finding(purpose, found, ok=False, command=error.fetch)
    return None


def _weights(root: Path) -> list[Finding]:
    cache = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser() / "hub"
    names = sorted(path.name.removeprefix("models--").replace("--", "/") for path in cache.glob("models--*"))
    weights = [Finding("models in the cache", ", ".join(names) or f"none in {cache}", ok=bool(names))]
    if (root / "dougpt.toml").is_file():
        weights.append(_base_model(root / "dougpt.toml"))
    return weights


def _base_model(settings_file: Path) -> Finding:
    from dougpt_schema import DougptError

    from dougpt.settings import load_settings

    settings = load_settings(settings_file).train
    try:
        from dougpt_train import require_base

        require_base(settings)
    except DougptError as error:
        return Finding("base model", str(error), ok=False)
    return Finding("base model", settings.base, ok=True)


def _gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("GPU", "none", ok=False)
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    asked = subprocess.run(query, capture_output=True, text=True, check=False, timeout=20)
    names = " and ".join(asked.stdout.strip().splitlines())
    return Finding("GPU", names or "the driver does not answer", ok=asked.returncode == 0 and bool(names))


def _disk(root: Path) -> Finding:
    place = next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())
    free_gb = shutil.disk_usage(place).free / 1e9
    return Finding("disk", f"{free_gb:.0f} GB free at {place}", ok=free_gb >= LEAST_FREE_GB)
