"""The page of a recording's words, reports/transcribe-<recording>.html, and the sound beside it: in no recipe."""

from pathlib import Path

from dougpt_media import read_audio
from dougpt_media.joined_sound import join_sound
from dougpt_media.page import Heard, draw_page, hear
from dougpt_schema import GAPS, WORDS, atomic_write, read_table

from dougpt.project import Project
from dougpt.speech import parts_of, sound_of
from dougpt.workspace import read_json


def write_transcript_page(project: Project, recording_id: str) -> Path:
    """Draw the page from what `transcribe` left, play-back sound included, and return where it lies.

    Raises:
        ArtifactError: The recording is not transcribed.
        UnreadableMediaError: Its sound cannot be read any more.
    """
    workspace, recording = project.workspace, project.recordings[recording_id]
    folder, path = workspace.staged(recording_id), workspace.transcript_page(recording_id)
    words, gaps = read_table(folder / "words.parquet", WORDS), read_table(folder / "gaps.parquet", GAPS)
    report = read_json(folder / "report_transcribe.json")["report"]
    path.parent.mkdir(parents=True, exist_ok=True)
    page = draw_page(words, gaps, report, title=recording.title, heard=_heard(project, recording_id, path))
    atomic_write(path, page.encode())
    return path


def _heard(project: Project, recording_id: str, page: Path) -> Heard | None:
    parts = [
        (read_audio(sound.verified()), min(int(source.row["part_start_ms"]) for source in part))
        for part in parts_of(project.recordings[recording_id])
        if (sound := sound_of(part)) is not None
    ]
    return hear(join_sound(parts), page.with_suffix(".webm")) if parts else None
