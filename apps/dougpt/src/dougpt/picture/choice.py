"""Which videos of a recording have their chat read from the picture, and what decides what is read."""

from collections.abc import Iterable

from dougpt_schema import SourceRole, fingerprint, settings_fingerprint

from dougpt.project import Project, Recording, Source
from dougpt.settings import Settings
from dougpt.workspace import WorkspaceError

PICTURE_LIBRARIES = ("av", "numpy", "onnxruntime", "openvino", "opencv-contrib-python", "rapidocr", "paddleocr")
CHANNEL = "channel"


def videos_of(recording: Recording, settings: Settings) -> tuple[Source, ...]:
    """Return the videos whose picture is read for chat, parts in order; none unless that is asked for."""
    return recording.of(SourceRole.VIDEO) if settings.picture.from_video else ()


def roster_of(project: Project, recording_id: str) -> tuple[str, ...]:
    """Return the recordings whose people may write in one that is read from its picture.

    None where an export names its people, so that no two recordings wait for each other.

    Raises:
        WorkspaceError: One that is named is not there, or has no export.
    """
    recording, settings = project.recordings[recording_id], project.settings_of(recording_id)
    if _tells(recording) or not videos_of(recording, settings):
        return ()
    for name in settings.picture.roster:
        if name not in project.recordings or not _tells(project.recordings[name]):
            what = "has no chat export" if name in project.recordings else "was not ingested"
            raise WorkspaceError(f"picture.roster of {recording.title} names the recording {name!r}, which {what}")
    return settings.picture.roster


def roster_named(project: Project, only: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the recordings, by id, that are meant as a roster of others.

    Args:
        project: The project.
        only: Which recordings it is for, as `Project.select` takes them.
        names: Recordings in the same way; `channel` stands for every one of their channel with an export.

    Raises:
        WorkspaceError: One that is named is not there or has no export, or there is no other of the channel.
    """
    channels = {project.recordings[name].channel for name in project.select(only)} - {None}
    found: set[str] = set()
    for name in names:
        if name == CHANNEL:
            ids = [one.recording_id for one in project.recordings.values() if one.channel in channels and _tells(one)]
            what = (
                f"of the channel {', '.join(sorted(map(str, channels)))}" if channels else "of a channel: none is known"
            )
        else:
            ids = [one for one in project.select([name]) if _tells(project.recordings[one])]
            what = f"called {name!r}"
        if not ids:
            raise WorkspaceError(f"no recording {what} has a chat export, whose people could be a roster")
        found.update(ids)
    return sorted(found)


def _tells(recording: Recording) -> bool:
    """Whether an export tells who wrote."""
    return bool(recording.of(SourceRole.CHAT))


def picture_fingerprint(settings: Settings) -> str:
    """Return the fingerprint of what decides the events of a recording whose picture is read."""
    return fingerprint([settings_fingerprint(one) for one in (settings.chat, settings.picture, settings.rendered)])
