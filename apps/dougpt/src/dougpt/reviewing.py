"""From a workspace to the labelling page: which recordings, what is asked of each, and where the answers go."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from dougpt_align.asking import AskSettings, questions, worth
from dougpt_align.disputes import disputes
from dougpt_review import Book, Desk, Material, Medium, Recording
from dougpt_review.material import Question, in_blocks, question_of, questions_of
from dougpt_schema import (
    CANDIDATES,
    CHAT_EVENTS,
    CLOCK,
    LINKS,
    UTTERANCES,
    AskedAs,
    DougptError,
    SourceRole,
    read_table,
)
from dougpt_schema.journal import SUFFIX
from dougpt_schema.page.words import shortened

from dougpt.advice import advice
from dougpt.labels import all_labels
from dougpt.project import Project, Source
from dougpt.project import Recording as KnownRecording
from dougpt.workspace import Workspace

BLOCK = 20  # questions of a recording before those of the next
MEDIA_TYPES = {
    ("mp4", True): "video/mp4",
    ("mp4", False): "audio/mp4",
    ("matroska", True): "video/webm",  # a browser plays both by what is inside
    ("matroska", False): "audio/webm",
    ("mpegts", True): "video/mp2t",
    ("wav", False): "audio/wav",
    ("flac", False): "audio/flac",
    ("mp3", False): "audio/mpeg",
    ("ogg", False): "audio/ogg",
    ("ogg", True): "video/ogg",
}


class NothingToReviewError(DougptError):
    """There is nothing that a person could be asked about."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a person chose for a sitting.

    Attributes:
        rater: Under which name the answers are kept.
        blind: Whether the model's guess is hidden.
        goal: How many answers are meant to be given.
        disputed: Whether only what people disagree on is asked, whoever they are.
        seed: Of the random questions; the same one in every sitting, so that the list goes on.
    """

    rater: str
    blind: bool
    goal: int
    disputed: bool = False
    seed: int = 0


def open_desk(project: Project, recordings: list[str], sitting: Sitting) -> Desk:
    """Return the desk of a sitting over aligned recordings.

    Raises:
        NothingToReviewError: None of the recordings was aligned, every message was answered, or none is disputed.
        ArtifactError: A journal of labels is damaged.
    """
    aligned = [name for name in recordings if _links(project.workspace, name).exists()]
    if not aligned:
        raise NothingToReviewError(
            "no recording is aligned yet, so there is no message to ask about; "
            f"run: {advice(project.workspace.root, 'align')}"
        )
    workspace = project.workspace
    disputed = _disputed(project, aligned, sitting.rater) if sitting.disputed else []
    if sitting.disputed and not disputed:
        raise NothingToReviewError(
            "no two people disagree on a message of these recordings, or most of them are of one mind"
        )
    book = Book(
        journal_of(workspace, sitting.rater),
        rater=sitting.rater,
        blind=sitting.blind,
        labels=all_labels(workspace),
        again=[(one.recording_id, one.event_id) for one in disputed],
    )
    desk = Desk(
        lambda: _material(project, aligned, sitting, disputed),
        book,
        goal=min(sitting.goal, len(disputed)) if disputed else sitting.goal,
        stamp=lambda: tuple(_stamp(_links(workspace, name)) for name in aligned),
        worth=lambda recordings: _worth(project, recordings, sitting.rater),
    )
    if not desk.progress().left:
        raise NothingToReviewError(
            f"{sitting.rater} has answered every message that is worth asking; run: {advice(workspace.root, 'align')}"
        )
    return desk


def journal_of(workspace: Workspace, rater: str) -> Path:
    """Return a new journal for a sitting; it is made with the first answer."""
    known_as = re.sub(r"[^a-z0-9]+", "-", rater.casefold()).strip("-")[:32] or "rater"
    return workspace.labels / f"{known_as}-{secrets.token_hex(4)}{SUFFIX}"


def _disputed(project: Project, aligned: list[str], rater: str) -> list[Question]:
    """What people disagree on: as this rater was asked it, else as those were who answered a random question."""

    def nearest(row: Mapping[str, Any]) -> tuple[bool, bool]:
        return row["rater"] != rater, row["asked_as"] != AskedAs.RANDOM

    found = [one for one in disputes(all_labels(project.workspace)) if one.recording_id in aligned]
    return [question_of(min(one.answers, key=nearest)) for one in found]


def _material(project: Project, aligned: list[str], sitting: Sitting, disputed: list[Question]) -> Material:
    labels = all_labels(project.workspace)
    asking = AskSettings(second_rater=sitting.rater)
    recordings = {name: _recording(project, name) for name in aligned if _links(project.workspace, name).exists()}
    if disputed:
        return Material(recordings, tuple(disputed))
    asked = [
        questions_of(
            questions(
                one.links,
                one.candidates,
                one.utterances,
                one.chat_events,
                labels=labels,
                settings=asking,
                # All of them, so that an answer to any is known by how it was asked.
                count=one.chat_events.num_rows,
                seed=sitting.seed,
            )
        )
        for one in recordings.values()
    ]
    return Material(recordings, tuple(in_blocks(asked, BLOCK)))


def _recording(project: Project, recording_id: str) -> Recording:
    folder = project.workspace.staged(recording_id)
    known = project.recordings[recording_id]
    media = known.of(SourceRole.VIDEO) or known.of(SourceRole.AUDIO)
    return Recording(
        recording_id,
        known.title,
        known_by=_known_by(known),
        utterances=read_table(folder / "utterances.parquet", UTTERANCES),
        chat_events=read_table(folder / "chat_events.parquet", CHAT_EVENTS),
        clock=read_table(folder / "clock.parquet", CLOCK),
        candidates=read_table(folder / "candidates.parquet", CANDIDATES),
        links=read_table(folder / "links.parquet", LINKS),
        media=tuple(_medium(source) for source in media if _is_there(source)),
    )


def _known_by(known: KnownRecording) -> str:
    """What tells a recording from one whose file has the same name: its day and the platform's id, else our id."""
    day = known.broadcast_start
    told = [*([f"{day:%Y-%m-%d}"] if day else []), *([known.video_id] if known.video_id else [])]
    return " · ".join(told or [known.recording_id])


def _medium(source: Source) -> Medium:
    start_ms, duration_ms = source.row["part_start_ms"], source.row["duration_ms"]
    has_picture = source.role == SourceRole.VIDEO
    return Medium(
        source.source_id,
        source.path,
        MEDIA_TYPES.get((source.row["container"], has_picture), "application/octet-stream"),
        start_ms,
        None if duration_ms is None else start_ms + duration_ms,
        has_picture,
    )


def _is_there(source: Source) -> bool:
    """Whether the file lies where it was ingested; its size tells enough to play it."""
    return source.path.is_file() and source.path.stat().st_size == source.row["bytes"]


def _worth(project: Project, recordings: Mapping[str, Recording], rater: str) -> str:
    """What more labels buy of the recording that this rater answered last, else of the first."""
    labels = all_labels(project.workspace)
    mine = labels.filter(pc.equal(labels["rater"], rater)).sort_by("at_order")["recording_id"].to_pylist()
    name = next((one for one in reversed(mine) if one in recordings), next(iter(recordings)))
    one = recordings[name]
    found = worth(
        one.links,
        labels,
        candidates=one.candidates,
        utterances=one.utterances,
        chat_events=one.chat_events,
        settings=project.settings_of(name).align,
    )
    return f"Of this recording, {shortened(one.title, 60)} ({one.known_by}): {found.sentence}"


def _links(workspace: Workspace, recording_id: str) -> Path:
    # Written last of what `align` writes: where it changed, the others have.
    return workspace.staged(recording_id) / "links.parquet"


def _stamp(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns
