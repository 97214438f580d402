"""Captions as words: YouTube's json3 and srv3, WebVTT, SubRip and the JSON of Whisper's kin, told by content."""

import json
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import ParseError

from dougpt_schema import GAPS, REJECTS, Timing, file_sha256
from dougpt_schema import source_id as id_of

from dougpt_media.captions import json3, srv3, timed_text, whisper_json
from dougpt_media.captions.cues import BackwardsError, CaptionError, Unusable, check_order, words_of
from dougpt_media.recognise import Kind, as_text, recognise
from dougpt_media.report import Report
from dougpt_media.transcript import Transcript, Word, words_table

READERS = {
    Kind.JSON3: json3.read,
    Kind.WEBVTT: timed_text.read,
    Kind.SRT: timed_text.read,
    Kind.WHISPERX: whisper_json.read,
    Kind.SRV3: srv3.read,
}

__all__ = ["BackwardsError", "CaptionError", "read_captions"]


def read_captions(path: Path | str, *, recording_id: str, source_id: str | None = None) -> Transcript:
    """Read a caption file into words; `decoded` times stand in the file, `interpolated` ones share out a cue's.

    Args:
        path: The file, of any of the formats whatever its name.
        recording_id: The recording it belongs to.
        source_id: The file's id, computed from its bytes if not given.

    Raises:
        CaptionError: It is missing, no captions, cut off, or holds no words.
        BackwardsError: Its times run backwards.
    """
    path = Path(path)
    if not path.is_file():
        raise CaptionError(path.name, "no such file")
    kind = recognise(path).kind
    if kind not in READERS:
        raise CaptionError(path.name, "the file is empty" if kind is Kind.EMPTY else "no captions of a known format")
    text = as_text(path.read_bytes())
    if text is None:
        raise CaptionError(path.name, "binary data among the text: the file is damaged")
    try:
        cues, unusable = READERS[kind](text)
    except json.JSONDecodeError as error:
        raise CaptionError(path.name, f"the JSON is cut off or broken: {error}") from error
    except ParseError as error:
        raise CaptionError(path.name, f"the XML is cut off or broken: {error}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CaptionError(path.name, f"not in the shape of {kind} captions: {error!r}") from error
    check_order(cues, path.name)
    words: list[Word] = []
    for item in words_of(cues):
        if isinstance(item, Word):
            words.append(item)
        else:
            unusable.append(item)
    if not words:
        raise CaptionError(path.name, f"holds no words ({len(cues)} cues)")
    source_id = source_id or id_of(file_sha256(path))
    return Transcript(
        words=words_table(words, recording_id=recording_id, source_id=source_id),
        gaps=GAPS.empty(),
        report=_report(kind, len(cues), words, unusable),
        rejects=REJECTS.table(
            {
                "recording_id": recording_id,
                "stage": "transcribe",
                "source_id": source_id,
                "source_row": item.row,
                "reason": item.reason,
                "detail": item.detail,
            }
            for item in unusable
        ),
    )


def _report(kind: Kind, n_cues: int, words: list[Word], unusable: list[Unusable]) -> Report:
    timings = Counter(word.timing for word in words)
    reasons = Counter(item.reason for item in unusable)
    counts = {"cues": n_cues, "words": len(words), "rejects": len(unusable)}
    counts |= {timing.value: timings[timing] for timing in Timing if timings[timing]}
    warnings = [f"{reasons['no_time']} records have no time that can be read"] if reasons["no_time"] else []
    return Report("read_captions", counts, {"format": kind.value}, tuple(warnings))
