"""Captions and sound of one recording to words with times, part by part; and who said them, over all parts."""

import shutil
from typing import Any

from dougpt_media import (
    Transcript,
    diarise,
    join_parts,
    known_gaps,
    merged_gaps,
    read_audio,
    read_captions,
    refine,
    transcribe,
)
from dougpt_media.joined_sound import join_sound
from dougpt_media.transcript import without_words_before
from dougpt_media.transcription import MissingWeightsError
from dougpt_schema import GAPS, REJECTS, SOURCES, WORDS, DougptError, SourceRole, read_table

from dougpt.execute import Task, told
from dougpt.project import Source
from dougpt.speech import in_workspace, parts_of, sound_of, tells_apart, way_of
from dougpt.telling import Telling
from dougpt.terminal import note

PRODUCER = "dougpt-media"
PARTIAL = ".partial"
"""Below a recording's folder: finished chunks of a run that was killed."""
FINEST_FIRST = ("whisperx", "json3", "srv3", "webvtt", "srt")
"""Of several captions of one part, the one with word times of its own is taken."""
LOUD = (
    "words of {title} come from pocketsphinx's own recognition: expect 50 to 70 % of them to be wrong; "
    "give captions, or install whisperx (dougpt doctor says how)"
)
WITHOUT_WEIGHTS = "without any weights: give captions, or, for a trial, take --engine pocketsphinx"
UNHEARD = "speakers cannot be told apart without sound: all words count as one speaker's"


class NoSpeechError(DougptError):
    """A recording has neither captions nor sound, or nothing here can hear it."""


def run(task: Task) -> str:
    """Write words, gaps and rejects of a recording."""
    recording, settings = task.project.recordings[task.subject], task.settings
    parts = [(part, way_of(part, settings.speech)) for part in parts_of(recording)]
    if not parts:
        raise NoSpeechError(f"{recording.title}: the recording {task.subject} has neither captions nor sound")
    ways = list(dict.fromkeys(way for _, way in parts))
    warnings = []
    if "pocketsphinx" in ways:
        warnings.append(LOUD.format(title=recording.title))
        note(f"WARNING: {warnings[0]}")
    if "torch" in task.recipe.versions:
        note("loading PyTorch")
    with Telling(f"transcribe {task.subject}") as telling:
        transcript = join_parts(_without_overlaps([(_read(task, part, way, telling), part) for part, way in parts]))
        words, speakers, more = _with_speakers(task, transcript, [part for part, _ in parts], telling)
    sources = read_table(task.project.workspace.sources_file(task.subject), SOURCES)
    gaps = merged_gaps([transcript.gaps, known_gaps(sources, task.subject)], task.subject)
    warnings += [*transcript.report.warnings, *more]
    report = transcript.report.to_dict() | {"ways": ways, "warnings": warnings, "speakers": speakers}
    task.write_json("report_transcribe.json", report=report)
    task.write("gaps", gaps, GAPS, PRODUCER)
    task.write("rejects_transcribe", transcript.rejects, REJECTS, PRODUCER)
    task.write("words", words, WORDS, PRODUCER)
    shutil.rmtree(task.folder / PARTIAL, ignore_errors=True)
    more_said = told(warnings, task.folder / "report_transcribe.json")
    return f"{transcript.words.num_rows} words from {' and '.join(ways)}{more_said}"


def _without_overlaps(parts: list[tuple[Transcript, tuple[Source, ...]]]) -> list[tuple[Transcript, int]]:
    """Return each part with its start; what two parts both hold is taken from the first."""
    placed: list[tuple[Transcript, int]] = []
    end_ms = 0
    for transcript, part in parts:
        start_ms = _start_ms(part)
        placed.append((without_words_before(transcript, end_ms - start_ms), start_ms))
        end_ms = max(end_ms, start_ms + max(int(source.row["duration_ms"] or 0) for source in part))
    return placed


def _start_ms(part: tuple[Source, ...]) -> int:
    return min(int(source.row["part_start_ms"]) for source in part)


def _read(task: Task, part: tuple[Source, ...], way: str, telling: Telling) -> Transcript:
    captions = sorted((source for source in part if source.role == SourceRole.CAPTIONS), key=_fineness)
    sound, settings = sound_of(part), task.settings
    if way not in {"captions", "refined captions"} and sound is not None:
        try:
            return transcribe(
                sound.verified(),
                recording_id=task.subject,
                engine=way,
                settings=settings.transcribe,
                source_id=sound.source_id,
                progress=telling,
                resume=task.folder / PARTIAL,
            )
        except MissingWeightsError as error:
            raise NoSpeechError(f"{error}; {WITHOUT_WEIGHTS}") from error
    read = read_captions(captions[0].verified(), recording_id=task.subject, source_id=captions[0].source_id)
    if way == "captions" or sound is None:
        return read
    refined = refine(read.words, read_audio(sound.verified()), settings.refine, progress=telling)
    return Transcript(refined.words, refined.gaps, refined.report, read.rejects)


def _with_speakers(
    task: Task, transcript: Transcript, parts: list[tuple[Source, ...]], telling: Telling
) -> tuple[Any, dict[str, Any], tuple[str, ...]]:
    """Return the words with their speakers, what the report says of those, and warnings.

    Voices are compared over all parts at once: a label of one part would mean nothing in the next.
    """
    settings = task.settings
    if not tells_apart(parts, settings):
        known = sorted({name for name in transcript.words["speaker"].unique().to_pylist() if name is not None})
        how = "as the captions name them" if known else "not told apart: all words count as one speaker's"
        return transcript.words, {"how": how, "names": known}, (UNHEARD,) if settings.speech.diarise else ()
    heard = [(sound, _start_ms(part)) for part in parts if (sound := sound_of(part)) is not None]
    audio = join_sound([(read_audio(sound.verified()), start_ms) for sound, start_ms in heard])
    apart = diarise(
        transcript.words, audio, in_workspace(settings.diarise, task.project.workspace.root), progress=telling
    )
    names = sorted({name for name in apart.words["speaker"].unique().to_pylist() if name is not None})
    return apart.words, {"how": "told apart", "names": names, **apart.report.to_dict()}, apart.report.warnings


def _fineness(source: Source) -> tuple[int, str]:
    container = str(source.row["container"])
    return (FINEST_FIRST.index(container) if container in FINEST_FIRST else len(FINEST_FIRST), source.source_id)
