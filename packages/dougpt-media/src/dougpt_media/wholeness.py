"""Whether media are whole: by themselves, and against the length that metadata beside them tell.

A `.ts` file or a fragmented MP4 that was cut off looks whole; only somebody who knows how long the video is can tell.
That is an info.json, Twitch's own metadata, or the header of a chat export, which may cover a stretch of the video
alone: media of just that stretch are whole too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dougpt_schema import SourceStatus

from dougpt_media.files import MEDIA_ROLES, File
from dougpt_media.parts import Parts
from dougpt_media.probe import is_cut
from dougpt_media.told import Stretch

EXPECTED_SLACK_S = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """A length of the whole video and who tells it; `least` where the video may be longer."""

    ms: int
    by: str
    least: bool = False


@dataclass(slots=True)
class Wholeness:
    """The status of each medium with its evidence, the length told of the whole, and what to be warned of.

    `media_start_ms` is where in the whole video the media begin: 0, unless they are the stretch that the chat is of.
    """

    of: dict[str, tuple[SourceStatus, str]] = field(default_factory=dict)
    told_ms: int | None = None
    media_start_ms: int = 0
    warnings: list[str] = field(default_factory=list)


def wholeness(files: Sequence[File], placed: Parts) -> Wholeness:
    """Compare the media among `files`, sources and metadata of one recording, with what the others tell."""
    media = [file for file in files if file.role in MEDIA_ROLES]
    found = Wholeness({file.source_id: (file.status, file.status_evidence) for file in media})
    infos_of_parts = _infos_of_parts(files, media) if placed.count > 1 else {}
    for file in media:
        if own := infos_of_parts.get(file.source_id):
            _hold_against(found, file, file.duration_ms or 0, own)
    told = _told([file for file in files if file.name not in {one.by for one in infos_of_parts.values()}])
    if told is None or not media:
        return found
    found.told_ms = None if told.least else told.ms
    if crop := _crop_of(files, placed.end_ms, told):
        found.media_start_ms = crop[0]
        return found
    last = placed.count - 1
    for file in media:
        index, start_ms = placed.of[file.source_id]
        if index == last:
            _hold_against(found, file, start_ms + (file.duration_ms or 0), told)
    if not told.least and is_cut(told.ms / 1000, placed.end_ms / 1000, slack_s=EXPECTED_SLACK_S):
        lasts = f"{placed.end_ms / 1000:.1f} s, but {told.by} tells {told.ms / 1000:.1f} s"
        found.warnings.append(f"{media[0].name} lasts {lasts}: are they of the same video?")
    return found


def own_status(status: SourceStatus, evidence: str) -> tuple[SourceStatus, str]:
    """Return how a medium of an earlier ingest stood by itself: what others told of it is told anew."""
    told = evidence.startswith("ends at ") and evidence.endswith(" tells")
    return (SourceStatus.OK, "") if told else (status, evidence)


def _hold_against(found: Wholeness, file: File, end_ms: int, told: Told) -> None:
    """Call a medium truncated that ends before the end that is told, unless it is known to be broken already."""
    if found.of[file.source_id][0] is not SourceStatus.OK:
        return
    if is_cut(end_ms / 1000, told.ms / 1000, slack_s=EXPECTED_SLACK_S):
        least = "at least " if told.least else ""
        evidence = f"ends at {end_ms / 1000:.1f} of the {least}{told.ms / 1000:.1f} s that {told.by} tells"
        found.of[file.source_id] = SourceStatus.TRUNCATED, evidence


def _infos_of_parts(files: Sequence[File], media: Sequence[File]) -> dict[str, Told]:
    """Return what metadata of each part tell of that part, by its source; nothing unless every part has its own."""
    told: dict[str, Told] = {}
    for file in media:
        same = [other for other in files if other.role is None and other.marks == file.marks]
        others = {other.marks for other in media} - {file.marks}
        if others and same and same[0].said.duration_ms:
            told[file.source_id] = Told(same[0].said.duration_ms, same[0].name)
    return told if len(told) == len(media) else {}


def _told(files: Sequence[File]) -> Told | None:
    """Return who is believed: metadata first, then exports, then what an earlier ingest was told."""
    speakers = sorted((file for file in files if file.role not in MEDIA_ROLES), key=lambda file: file.role is not None)
    for file in speakers:
        if file.said.duration_ms:
            return Told(file.said.duration_ms, file.name)
    if before := next((file.told_ms for file in files if file.told_ms), None):
        return Told(before, "an earlier ingest")
    ends = [(file.said.crop[1], file.name) for file in speakers if file.said.crop]
    return Told(*max(ends), least=True) if ends else None


def _crop_of(files: Sequence[File], end_ms: int, told: Told) -> Stretch | None:
    """Return the stretch that both a chat export and the media are of, where that is not the whole."""
    for file in files:
        crop = file.said.crop
        if crop and crop != (0, told.ms) and abs(crop[1] - crop[0] - end_ms) <= EXPECTED_SLACK_S * 1000:
            return crop
    return None
