"""pyannote.audio as the diariser: it is given our samples, which stand on the recording's clock, never a path.

A published pipeline is gated: its page on the hub must be opened once, signed in, and its conditions accepted.
"""

import sys
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dougpt_schema import DougptError

from dougpt_media.audio import Audio, read_audio
from dougpt_media.diarisation.turns import Diarised, Turn
from dougpt_media.extras import require
from dougpt_media.gpu import device_for
from dougpt_media.memory import free
from dougpt_media.progress import Progress, Tell
from dougpt_media.settings import DiariseSettings

PURPOSE = "telling speakers apart"

torch = require("torch", extra="diarise", purpose=PURPOSE)
yaml = require("yaml", extra="diarise", purpose=PURPOSE)
huggingface_hub = require("huggingface_hub", extra="diarise", purpose=PURPOSE)
pyannote_audio = require("pyannote.audio", extra="diarise", purpose=PURPOSE)
plda = require("pyannote.audio.core.plda", extra="diarise", purpose=PURPOSE)

RATE_HZ = 16_000
CONFIG = "config.yaml"
MODELS = ("segmentation", "embedding", "plda")
IN_PIPELINE = "$model/"
OTHER_MAKERS = ("speechbrain/", "nvidia/", "hbredin/wespeaker")
STEPS = {"segmentation": "who speaks when", "embeddings": "whose voice"}


class MissingPipelineError(DougptError):
    """A pipeline, or a model that it names, is not on this machine and could not be fetched.

    Attributes:
        name: The folder or name asked for.
    """

    def __init__(self, name: str, cause: object) -> None:
        self.name = name
        reason = " ".join(str(cause).split())[:300]
        super().__init__(
            f"speakers cannot be told apart with {name!r} ({reason}): where there is a network, run\n"
            f"    hf download {name} --local-dir FOLDER\ncopy the folder here, and set `pipeline` in [diarise] to it"
        )


class SampleSilentError(DougptError):
    """Nobody speaks in the streamer's sample."""


def listen(audio: Audio, settings: DiariseSettings, progress: Tell | None = None) -> Diarised:
    """Return who speaks when in `audio`, on the recording's clock.

    Raises:
        MissingPipelineError: The pipeline or a model of it is not there and cannot be fetched.
        SampleSilentError: A sample of the streamer was given, and nobody speaks in it.
        ValueError: The sound has another rate than 16 kHz.
    """
    if audio.rate_hz != RATE_HZ:
        raise ValueError(f"the diariser needs sound at {RATE_HZ} Hz, not {audio.rate_hz}")
    device = device_for(settings.device, torch)
    # The library prints to standard output, which belongs to our caller's results.
    with redirect_stdout(sys.stderr):
        pipeline = _pipeline(settings)
        try:
            pipeline.to(torch.device(device))
            heard = pipeline(
                _sound(audio),
                num_speakers=settings.speakers,
                max_speakers=settings.most_speakers,
                hook=_hook(audio, progress),
            )
            sample = None if settings.streamer_sample is None else _voice(pipeline, Path(settings.streamer_sample))
        finally:
            # One model at a time fits a small GPU.
            del pipeline
            free()
    facts: dict[str, str | float] = {"pipeline": Path(settings.pipeline).name, "version": version("pyannote-audio")}
    return Diarised(_turns(heard, audio.start_ms), _voices(heard), sample, facts)


def _sound(audio: Audio) -> dict[str, Any]:
    return {"waveform": torch.from_numpy(audio.as_float())[None], "sample_rate": audio.rate_hz, "uri": "recording"}


def _turns(heard: Any, offset_ms: int) -> tuple[Turn, ...]:
    """Return turns of which no two overlap, where the pipeline gives such: every word has one speaker."""
    annotation = getattr(heard, "exclusive_speaker_diarization", heard)
    turns = [
        Turn(offset_ms + round(segment.start * 1000), offset_ms + round(segment.end * 1000), str(label))
        for segment, _, label in annotation.itertracks(yield_label=True)
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms, turn.label)))


def _voices(heard: Any) -> dict[str, tuple[float, ...]]:
    embeddings = getattr(heard, "speaker_embeddings", None)
    if embeddings is None:
        return {}
    labels = heard.speaker_diarization.labels()
    return {str(label): tuple(map(float, voice)) for label, voice in zip(labels, embeddings, strict=True)}


def _voice(pipeline: Any, path: Path) -> tuple[float, ...]:
    voices = _voices(pipeline(_sound(read_audio(path, RATE_HZ)), num_speakers=1))
    if not voices:
        raise SampleSilentError(f"{path.name}: nobody is heard to speak in the streamer's sample")
    return next(iter(voices.values()))


def _hook(audio: Audio, progress: Tell | None) -> Any:
    total_ms = audio.end_ms - audio.start_ms

    def tell(step: str, _: object, *, completed: int | None = None, total: int | None = None, **__: object) -> None:
        if progress is not None and step in STEPS and total:
            done = min((completed or 0) / total, 1.0)
            progress(Progress(STEPS[step], round(total_ms * done), total_ms))

    return tell


def _pipeline(settings: DiariseSettings) -> Any:
    folder = _folder(settings.pipeline, offline=settings.offline)
    try:
        config = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
        models = config["pipeline"].setdefault("params", {})
    except OSError as error:
        raise MissingPipelineError(settings.pipeline, f"it holds no {CONFIG}: {error.strerror}") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise MissingPipelineError(settings.pipeline, f"{CONFIG} describes no pipeline: {error!r}") from error
    for name in MODELS:
        if isinstance(models.get(name), str):
            models[name] = _model(models[name], folder, offline=settings.offline)
    if "plda" not in models and models.get("clustering", "VBxClustering") != "VBxClustering":
        # The library would fetch one even for a clustering that has no use for it.
        models["plda"] = plda.PLDA.__new__(plda.PLDA)
    try:
        return pyannote_audio.Pipeline.from_pretrained(config)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise MissingPipelineError(settings.pipeline, error) from error


def _model(name: str, folder: Path, *, offline: bool) -> str | dict[str, str]:
    """Return what loads a model of a pipeline: one within it, one in a place beside it, or one fetched by its name."""
    inside = folder / name.removeprefix(IN_PIPELINE)
    if name.startswith(IN_PIPELINE) or inside.exists():
        return {"checkpoint": str(inside)}
    found = str(_folder(name, offline=offline))
    # By these names the library knows models of other makers.
    return found if name.startswith(OTHER_MAKERS) else {"checkpoint": found}


def _folder(name: str, *, offline: bool) -> Path:
    """Return the folder of a pipeline or model; one that is no folder here is a name on the hub."""
    place = Path(name).expanduser()
    if place.exists():
        return place.parent if place.name == CONFIG else place
    try:
        return Path(huggingface_hub.snapshot_download(name, local_files_only=offline))
    except (huggingface_hub.errors.GatedRepoError, huggingface_hub.errors.RepositoryNotFoundError) as error:
        raise MissingPipelineError(
            name,
            f"it is gated: open https://hf.co/{name} signed in, accept its conditions, and set HF_TOKEN to an access "
            "token of that account",
        ) from error
    except huggingface_hub.errors.HFValidationError as error:
        raise MissingPipelineError(name, "there is no such folder") from error
    except (OSError, ValueError) as error:
        raise MissingPipelineError(name, error) from error
