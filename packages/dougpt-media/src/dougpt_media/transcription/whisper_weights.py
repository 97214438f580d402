"""Where a Whisper model lies, found before torch and WhisperX are imported: what is missing is said at once."""

from pathlib import Path
from typing import Any

from dougpt_media.extras import require
from dougpt_media.settings import TranscribeSettings
from dougpt_media.weights import WHISPER_FILES, MissingWeightsError, NotOnThisMachineError, check_folder, is_offline

SETTING = "transcribe.model (--model)"
PURPOSE = "speech recognition with Whisper"


def find_model(settings: TranscribeSettings, engine: str) -> None:
    """See to it that the model is there: a model of a name is fetched into the cache where a network may be asked.

    Raises:
        MissingWeightsError: The model is neither a folder with all its files, nor in the cache, nor can it be fetched.
    """
    model, published = settings.model, _published()
    if Path(model).is_dir():
        _check(model, engine)
        return
    if Path(model).is_absolute():
        raise _missing(engine, model, "there is no such folder")
    if "/" not in model and model not in published:
        raise _missing(engine, model, f"it is no folder here, and published are only {', '.join(published)}")
    hub = require("huggingface_hub", extra="faster-whisper", purpose=PURPOSE)
    offline = is_offline(settings.offline)
    fetch = _fetch(published.get(model, model))
    try:
        _utils().download_model(model, cache_dir=settings.model_cache, local_files_only=offline)
    except hub.errors.LocalEntryNotFoundError as error:
        why = "no network may be asked" if offline else "the hub does not answer"
        raise _missing(engine, model, f"it is no folder here, it is in no cache, and {why}", fetch) from error
    except (hub.errors.GatedRepoError, hub.errors.RepositoryNotFoundError) as error:
        raise _missing(engine, model, "it is no folder here, and the hub shows nobody such a model") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise _missing(engine, model, error, fetch) from error


def _check(folder: str, engine: str) -> None:
    try:
        check_folder(Path(folder), WHISPER_FILES)
    except NotOnThisMachineError as error:
        raise _missing(engine, folder, f"{error} of a model in faster-whisper's format") from error


def _missing(engine: str, model: str, cause: object, fetch: str = "") -> MissingWeightsError:
    return MissingWeightsError(engine, model, cause, fetch=fetch, setting=SETTING)


def _fetch(published: str) -> str:
    return f"hf download {published} --local-dir models/{published.rsplit('/', maxsplit=1)[-1]}"


def _published() -> dict[str, str]:
    """Return the models that go by a short name, with their names on the hub."""
    return dict(getattr(_utils(), "_MODELS", {}))


def _utils() -> Any:
    return require("faster_whisper.utils", extra="faster-whisper", purpose=PURPOSE)
