"""Words to utterances and turns: where a speaker stops, chat has something to answer.

An utterance ends at a long silence, at the end of a sentence, or where another speaker begins; one
that runs on too long is split at its longest silence. A turn is a run of utterances of one speaker
with only short silences between them. Every word is in exactly one utterance, in its order, but for
those that nobody said.
"""

import itertools
import re

import numpy as np
import pyarrow as pa
from dougpt_schema import UTTERANCES, WORDS, ArrowStream
from numpy.typing import NDArray

from dougpt_align.addressing import addresses_chat, is_question
from dougpt_align.settings import AlignSettings

SENTENCE_END = re.compile(r"[.?!…\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")
# Speech that trails off ends a sentence only if the next word begins one.
ELLIPSIS = re.compile(r"(?:\.{2,}|…)[\"'\u201d\u2019)\]]*$")
OPENING = "\"'\u201c\u2018(["
TITLE = re.compile(r"^(?:mr|mrs|ms|dr|st|prof|vs|jr|sr|[a-z])\.$", re.IGNORECASE)
# These may end a sentence: they do where the next word begins with a capital.
SHORTENED = re.compile(r"^(?:etc|approx|inc|[a-z](?:\.[a-z])+)\.$", re.IGNORECASE)
MIN_SENTENCE_WORDS = 2
UNALIGNED = "unaligned"  # the flag that forced alignment puts on a word it did not find
NOT_SAID = frozenset({"hallucinated", "repeated"})  # flags of what a recogniser made up


def segment(words: ArrowStream, settings: AlignSettings | None = None) -> pa.Table:
    """Return the utterances of `words`, numbered from 0 in each recording.

    Args:
        words: A `words` table, of one recording or of several.
        settings: Uses `pause_ms`, `turn_pause_ms` and `max_utterance_ms`.

    Raises:
        ContractError: `words` breaks its contract (rows out of order, end before start, ...).
    """
    settings = settings or AlignSettings()
    table = WORDS.check(WORDS.conform(words))
    said = [not NOT_SAID & set(flags) for flags in table["flags"].to_pylist()]
    table = table if all(said) else table.filter(pa.array(said))
    recordings = np.asarray(table["recording_id"].to_pylist(), dtype=object)
    rows: list[dict[str, object]] = []
    edges = np.flatnonzero(recordings[1:] != recordings[:-1]) + 1
    bounds = [0, *edges.tolist(), len(recordings)]
    for first, last in itertools.pairwise(bounds):
        if last > first:
            rows.extend(_utterances(table.slice(first, last - first), settings))
    return UTTERANCES.table(rows)


def _utterances(words: pa.Table, settings: AlignSettings) -> list[dict[str, object]]:
    start_ms = words["start_ms"].to_numpy()
    end_ms = words["end_ms"].to_numpy()
    texts: list[str] = words["text"].to_pylist()
    speakers = _speakers(words["speaker"].to_pylist())
    silences_ms = np.maximum(start_ms[1:] - np.maximum.accumulate(end_ms)[:-1], 0)
    cuts = _cuts(texts, speakers, silences_ms, settings.pause_ms)
    bounds = _split_long([0, *cuts, len(texts)], start_ms, end_ms, silences_ms, settings.max_utterance_ms)

    probabilities = words["probability"].to_pylist()
    # Captions without word times are not at fault: only what was looked for in the sound and not found there.
    unaligned = [UNALIGNED in flags for flags in words["flags"].to_pylist()]
    ids = words["word_id"].to_pylist()
    recording = words["recording_id"][0].as_py()
    rows: list[dict[str, object]] = []
    turn = 0
    for number, (first, last) in enumerate(itertools.pairwise(bounds)):
        if number and (speakers[first] != speakers[first - 1] or silences_ms[first - 1] >= settings.turn_pause_ms):
            turn += 1
        text = " ".join(part for part in texts[first:last] if part)
        known = [value for value in probabilities[first:last] if value is not None]
        rows.append(
            {
                "recording_id": recording,
                "utterance_id": number,
                "turn_id": turn,
                "start_ms": int(start_ms[first:last].min()),
                "end_ms": int(end_ms[first:last].max()),
                "text": text,
                "n_words": last - first,
                "first_word_id": ids[first],
                "last_word_id": ids[last - 1],
                "probability": float(np.float32(sum(known) / len(known))) if known else None,
                "unaligned_share": sum(unaligned[first:last]) / (last - first),
                "speaker": speakers[first],
                "is_question": is_question(text),
                "addresses_chat": addresses_chat(text),
            }
        )
    return rows


def _speakers(speakers: list[str | None]) -> list[str | None]:
    """Fill words of unknown speaker from the word before, so that one gap does not break a sentence.

    The first words, where nobody is known yet, are the first known speaker's.
    """
    filled: list[str | None] = []
    last = next((speaker for speaker in speakers if speaker is not None), None)
    for speaker in speakers:
        last = last if speaker is None else speaker
        filled.append(last)
    return filled


def _cuts(texts: list[str], speakers: list[str | None], silences_ms: NDArray[np.int64], pause_ms: int) -> list[int]:
    """Positions of words that begin an utterance, the first word of all left out."""
    cuts: list[int] = []
    first = 0
    for position, silence_ms in enumerate(silences_ms.tolist(), start=1):
        ends = _ends_sentence(texts[position - 1], texts[position])
        long_enough = position - first >= MIN_SENTENCE_WORDS or silence_ms * 2 >= pause_ms
        if silence_ms >= pause_ms or speakers[position] != speakers[position - 1] or (ends and long_enough):
            cuts.append(position)
            first = position
    return cuts


def _ends_sentence(word: str, following: str) -> bool:
    """Whether a sentence ends with `word`; decimals and web addresses hold their points inside."""
    if not SENTENCE_END.search(word):
        return False
    bare = word.lstrip(OPENING)
    if TITLE.match(bare):
        return False
    if ELLIPSIS.search(bare) or SHORTENED.match(bare):
        return following.lstrip(OPENING)[:1].isupper()
    return True


def _split_long(
    bounds: list[int],
    start_ms: NDArray[np.int64],
    end_ms: NDArray[np.int64],
    silences_ms: NDArray[np.int64],
    max_ms: int,
) -> list[int]:
    """Split utterances over `max_ms` at their longest silence, the one nearest the middle where several tie."""
    split: list[int] = [0]
    stack = [(bounds[k], bounds[k + 1]) for k in range(len(bounds) - 2, -1, -1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2 or int(end_ms[first:last].max() - start_ms[first:last].min()) <= max_ms:
            split.append(last)
            continue
        inner = silences_ms[first : last - 1]
        longest = np.flatnonzero(inner == inner.max())
        cut = first + 1 + int(longest[np.argmin(np.abs(2 * longest - (last - first - 2)))])
        stack.extend([(cut, last), (first, cut)])
    return split
