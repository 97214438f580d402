"""Which videos of a recording have their chat read from the picture, and what decides what is read."""

from dougpt_schema import SourceRole, fingerprint, settings_fingerprint

from dougpt.project import Recording, Source
from dougpt.settings import Settings

PICTURE_LIBRARIES = ("av", "numpy", "onnxruntime", "openvino", "opencv-contrib-python", "rapidocr", "paddleocr")


def videos_of(recording: Recording, settings: Settings) -> tuple[Source, ...]:
    """Return the videos whose picture is read for chat, parts in order; none unless that is asked for."""
    return recording.of(SourceRole.VIDEO) if settings.picture.from_video else ()


def picture_fingerprint(settings: Settings) -> str:
    """Return the fingerprint of what decides the events of a recording whose picture is read."""
    return fingerprint([settings_fingerprint(one) for one in (settings.chat, settings.picture, settings.rendered)])
