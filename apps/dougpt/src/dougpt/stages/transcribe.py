"""Captions and sound of one recording to words with times, part by part."""

import shutil

from dougpt_media import Transcript, join_parts, read_audio, read_captions, refine, transcribe
from dougpt_schema import GAPS, REJECTS, WORDS, DougptError, SourceRole

from dougpt.execute import Task, told
from dougpt.project import Source
from dougpt.speech import parts_of, way_of
from dougpt.terminal import note

PRODUCER = "dougpt-media"
PARTIAL = ".partial"
"""Below a recording's folder: finished chunks of a run that was killed."""
FINEST_FIRST = ("whisperx", "json3", "srv3", "webvtt", "srt")
"""Of several captions of one part, the one with word times of its own is taken."""
LOUD = (
    "words of {title} come from pocketsphinx's own recognition: expect 50 to 70 % of them to be wrong; "
    "give captions, or: pip install 'dougpt-media[whisperx]'"
)


class NoSpeechError(DougptError):
    """A recording has neither captions nor sound."""


def run(task: Task) -> str:
    """Write words, gaps and rejects of a recording."""
    recording, settings = task.project.recordings[task.subject], task.project.settings
    parts = [(part, way_of(part, settings.speech)) for part in parts_of(recording)]
    if not parts:
        raise NoSpeechError(f"{recording.title}: the recording {task.subject} has neither captions nor sound")
    ways = list(dict.fromkeys(way for _, way in parts))
    warnings = []
    if "pocketsphinx" in ways:
        warnings.append(LOUD.format(title=recording.title))
        note(f"WARNING: {warnings[0]}")
    transcript = join_parts([(_read(task, part, way), _start_ms(part)) for part, way in parts])
    warnings += transcript.report.warnings
    report = transcript.report.to_dict() | {"ways": ways, "warnings": warnings}
    task.write_json("report_transcribe.json", report=report)
    task.write("gaps", transcript.gaps, GAPS, PRODUCER)
    task.write("rejects_transcribe", transcript.rejects, REJECTS, PRODUCER)
    task.write("words", transcript.words, WORDS, PRODUCER)
    shutil.rmtree(task.folder / PARTIAL, ignore_errors=True)
    return f"{transcript.words.num_rows} words from {' and '.join(ways)}{told(warnings, 'report_transcribe.json')}"


def _start_ms(part: tuple[Source, ...]) -> int:
    return min(int(source.row["part_start_ms"]) for source in part)


def _read(task: Task, part: tuple[Source, ...], way: str) -> Transcript:
    captions = sorted((source for source in part if source.role == SourceRole.CAPTIONS), key=_fineness)
    sound = next((source for source in part if source.role != SourceRole.CAPTIONS), None)
    settings = task.project.settings
    if not captions and sound is not None:
        return transcribe(
            sound.verified(),
            recording_id=task.subject,
            engine=way,
            settings=settings.transcribe,
            source_id=sound.source_id,
            resume=task.folder / PARTIAL,
        )
    read = read_captions(captions[0].verified(), recording_id=task.subject, source_id=captions[0].source_id)
    if way == "captions" or sound is None:
        return read
    refined = refine(read.words, read_audio(sound.verified()), settings.refine)
    return Transcript(refined.words, refined.gaps, refined.report, read.rejects)


def _fineness(source: Source) -> tuple[int, str]:
    container = str(source.row["container"])
    return (FINEST_FIRST.index(container) if container in FINEST_FIRST else len(FINEST_FIRST), source.source_id)
