"""Word times made exact by the sound: each word is put where forced alignment hears it.

The text stays as it is. A word's spoken form is aligned and its times copied back; what cannot be placed,
or lands where the caption cannot have meant it, keeps the caption's time and the flag `unaligned`.
"""

from statistics import median

import pyarrow as pa
from dougpt_schema import GAPS, WORDS, ArrowStream, Timing

from dougpt_media.audio import Audio
from dougpt_media.forced import RATE_HZ, Aligner, load_aligner
from dougpt_media.hearing import Hearing
from dougpt_media.progress import Tell
from dougpt_media.report import Report
from dougpt_media.retiming import settle, without_disorder
from dougpt_media.settings import RefineSettings
from dougpt_media.transcript import Transcript
from dougpt_media.windows import Span

UNALIGNED = "unaligned"
GUESSED = "guessed_pronunciation"
MANY_UNALIGNED = 0.2


def refine(
    words: ArrowStream,
    audio: Audio,
    settings: RefineSettings | None = None,
    *,
    progress: Tell | None = None,
    aligner: Aligner | None = None,
) -> Transcript:
    """Return `words` with times from forced alignment: the same words in the same order.

    Args:
        words: A table of the contract words, of one recording.
        audio: Its sound at 16 kHz.
        settings: Which aligner, how the sound is cut and what is believed.
        progress: Told how far the work is.
        aligner: One that is loaded already, for several calls; it stays loaded.

    Raises:
        MissingExtraError: The aligner is not installed.
        MissingWeightsError: Its model is not there.
        NoGpuError: The model is to run on a GPU, and there is none.
        ValueError: The sound has another rate, or the words are of several recordings.
    """
    settings = settings or RefineSettings()
    table = WORDS.check(WORDS.conform(words))
    recordings = table["recording_id"].unique().to_pylist()
    if audio.rate_hz != RATE_HZ:
        raise ValueError(f"forced alignment needs sound at {RATE_HZ} Hz, not {audio.rate_hz}")
    if len(recordings) > 1:
        raise ValueError(f"words of {len(recordings)} recordings cannot be aligned with one sound")
    if aligner is not None:
        return _refined(table, audio, settings, aligner, progress)
    aligner = load_aligner(settings)
    try:
        return _refined(table, audio, settings, aligner, progress)
    finally:
        aligner.close()


def _refined(
    table: pa.Table, audio: Audio, settings: RefineSettings, aligner: Aligner, progress: Tell | None
) -> Transcript:
    spans = [Span(*times) for times in zip(*(table[name].to_pylist() for name in ("start_ms", "end_ms")), strict=True)]
    spoken = [_sounds(normal.split(), aligner) for normal in table["normal"].to_pylist()]
    timed = [timing != Timing.INTERPOLATED for timing in table["timing"].to_pylist()]
    hearing = Hearing(spans, table["segment_id"].to_pylist(), timed, spoken, audio, aligner, settings)
    hearing.listen(progress)
    heard = without_disorder(hearing.heard)
    refined = _retimed(table, spans, heard, hearing.probability, _guessed(spoken, aligner))
    report = _report(table, spans, heard, hearing.counts, audio)
    recording = table["recording_id"][0].as_py() if table.num_rows else None
    return Transcript(refined, GAPS.empty() if recording is None else audio.gaps_table(recording), report)


def _sounds(tokens: list[str], aligner: Aligner) -> list[str]:
    return tokens if all(aligner.can_say(token) for token in tokens) else []


def _guessed(spoken: list[list[str]], aligner: Aligner) -> list[bool]:
    return [not all(aligner.in_dictionary(token) for token in tokens) for tokens in spoken]


def _retimed(
    table: pa.Table,
    spans: list[Span],
    heard: list[Span | None],
    probability: list[float | None],
    guessed: list[bool],
) -> pa.Table:
    settled = settle(spans, heard)
    rows = table.select(["normal", "timing", "flags", "probability"]).to_pylist()
    timings, flags, sure = [], [], []
    for row, caption, place, span, own_probability, is_guess in zip(
        rows, spans, heard, settled, probability, guessed, strict=True
    ):
        own = [flag for flag in row["flags"] if flag not in {UNALIGNED, GUESSED}]
        if place is not None:
            timings.append(Timing.FORCED.value)
            flags.append([*own, GUESSED] if is_guess else own)
        else:
            timings.append(row["timing"] if span == caption else Timing.INTERPOLATED.value)
            flags.append([*own, UNALIGNED] if row["normal"] else own)
        # What recognised the word knows better how sure it was.
        aligned = own_probability if place is not None else None
        sure.append(aligned if row["probability"] is None else row["probability"])
    columns = {
        "start_ms": [span.start_ms for span in settled],
        "end_ms": [span.end_ms for span in settled],
        "timing": timings,
        "flags": flags,
        "probability": sure,
    }
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, WORDS.schema.field(name), pa.array(values, WORDS.schema.field(name).type))
    return WORDS.check(table)


def _report(
    table: pa.Table, spans: list[Span], heard: list[Span | None], counts: dict[str, int], audio: Audio
) -> Report:
    spoken = sum(bool(normal) for normal in table["normal"].to_pylist())
    shifts = [place.start_ms - span.start_ms for span, place in zip(spans, heard, strict=True) if place is not None]
    missing = spoken - len(shifts)
    warnings = []
    if missing > MANY_UNALIGNED * spoken:
        warnings.append(f"{missing} of {spoken} words were not found in the sound and keep the caption's times")
    if late := sum(span.start_ms >= audio.end_ms for span in spans):
        warnings.append(f"{late} words lie after the end of the sound: do captions and recording belong together?")
    return Report(
        "refine",
        {"words": len(spans), "spoken": spoken, "forced": len(shifts), "unaligned": missing, **counts},
        {"median_shift_ms": float(median(shifts)) if shifts else 0.0},
        tuple(warnings),
    )
