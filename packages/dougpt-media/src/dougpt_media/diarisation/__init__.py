"""Who said each word: the streamer, and others by number.

Words come from anywhere, captions too; a diariser hears who speaks when, and the two meet by time. Where nobody
told speakers apart, the column `speaker` stays empty and all words count as one speaker's.
"""

from importlib import import_module
from typing import cast

import pyarrow as pa
from dougpt_schema import GAPS, WORDS, ArrowStream

from dougpt_media.audio import Audio
from dougpt_media.diarisation.streamer import Found, StreamerNotHeardError, find_streamer
from dougpt_media.diarisation.turns import Diarised, Turn, labels_of
from dougpt_media.gpu import require_gpu
from dougpt_media.progress import Tell
from dougpt_media.report import Report
from dougpt_media.settings import DiariseSettings
from dougpt_media.transcript import Transcript
from dougpt_media.windows import Span

STREAMER = "streamer"
NO_SPEAKER = "no_speaker"

__all__ = ["NO_SPEAKER", "STREAMER", "Diarised", "StreamerNotHeardError", "Turn", "diarise", "with_speakers"]


def diarise(
    words: ArrowStream, audio: Audio, settings: DiariseSettings | None = None, *, progress: Tell | None = None
) -> Transcript:
    """Return `words` with the column `speaker` filled: `streamer`, and others as `speaker_1`, `speaker_2`, ...

    Args:
        words: A table of the contract words, of one recording.
        audio: Its sound at 16 kHz.
        settings: Which pipeline, and how the streamer is known.
        progress: Told how far the work is.

    Raises:
        MissingExtraError: pyannote-audio is not installed.
        MissingPipelineError: The pipeline's weights are not there and cannot be fetched.
        NoGpuError: It is to run on a GPU, and there is none.
        StreamerNotHeardError: What the streamer should be known by fits no voice.
        SampleSilentError: Nobody speaks in the streamer's sample.
    """
    settings = settings or DiariseSettings()
    require_gpu(settings.device)
    pyannote = import_module(f"{__name__}.pyannote")
    diarised = cast("Diarised", pyannote.listen(audio, settings, progress))
    named = with_speakers(words, diarised, settings)
    recordings = named.words["recording_id"].unique().to_pylist()
    gaps = audio.gaps_table(recordings[0]) if recordings else GAPS.empty()
    return Transcript(named.words, gaps, named.report)


def with_speakers(words: ArrowStream, diarised: Diarised, settings: DiariseSettings | None = None) -> Transcript:
    """Return `words` with the speakers of `diarised`; a word near no turn has none, and the flag `no_speaker`.

    Raises:
        StreamerNotHeardError: What the streamer should be known by fits no voice.
        ValueError: The words are of several recordings.
    """
    settings = settings or DiariseSettings()
    table = WORDS.check(WORDS.conform(words))
    if len(table["recording_id"].unique()) > 1:
        raise ValueError("speakers are told apart within one recording, these words are of several")
    spans = [Span(*times) for times in zip(*(table[name].to_pylist() for name in ("start_ms", "end_ms")), strict=True)]
    labels = labels_of(spans, diarised.turns, nearest_ms=settings.nearest_ms)
    found = find_streamer(diarised, settings.streamer_at)
    names = _names(labels, found)
    speakers = [None if label is None else names[label] for label in labels]
    flags = [_flagged(own, name) for own, name in zip(table["flags"].to_pylist(), speakers, strict=True)]
    for column, values in (("speaker", speakers), ("flags", flags)):
        index, kind = table.schema.get_field_index(column), WORDS.schema.field(column)
        table = table.set_column(index, kind, pa.array(values, kind.type))
    return Transcript(WORDS.check(table), GAPS.empty(), _report(diarised, found, speakers))


def _names(labels: list[str | None], found: Found | None) -> dict[str, str]:
    names = {} if found is None else {found.label: STREAMER}
    for label in labels:
        if label is not None and label not in names:
            names[label] = f"speaker_{len(names) if found else len(names) + 1}"
    return names


def _flagged(flags: list[str], speaker: str | None) -> list[str]:
    own = [flag for flag in flags if flag != NO_SPEAKER]
    return own if speaker is not None else [*own, NO_SPEAKER]


def _report(diarised: Diarised, found: Found | None, speakers: list[str | None]) -> Report:
    facts: dict[str, str | float] = {**diarised.facts, "streamer_by": found.by if found else "nobody speaks"}
    warnings = list(found.warnings) if found else ["the diariser heard nobody: no word has a speaker"]
    if found and STREAMER not in speakers and speakers:
        warnings.append("the voice taken for the streamer's says none of the words")
    counts = {
        "speakers": len({turn.label for turn in diarised.turns}),
        "turns": len(diarised.turns),
        "words": len(speakers),
        "words_of_streamer": speakers.count(STREAMER),
        "words_of_nobody": speakers.count(None),
    }
    return Report("diarise", counts, {**facts, **(found.facts if found else {})}, tuple(warnings))
