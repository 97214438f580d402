"""Turns of speech: the prompts, their ids, and what was said before them.

A turn is named by its recording and by the times and texts of its utterances, so that it keeps its id
whatever other recordings, links or settings there are.
"""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from dougpt_curate.fingerprints import fingerprints
from dougpt_curate.settings import CurateSettings


def turns_of(utterances: pl.DataFrame) -> pl.DataFrame:
    """Return one row a turn in the order of recordings and time, numbered from 0 in the column `turn`.

    `prompt` is what was said, `identity` the text that the turn's id is a hash of; `unaligned_share` and
    `speech_probability` are means over words.
    """
    words = pl.col("n_words")
    known = pl.col("probability").is_not_null()
    return (
        utterances.sort("recording_id", "start_ms", "utterance_id")
        .group_by("recording_id", "turn_id", maintain_order=True)
        .agg(
            start_ms=pl.col("start_ms").min(),
            end_ms=pl.col("end_ms").max(),
            prompt=pl.col("text").str.join(" ").str.strip_chars(),
            n_words=words.sum(),
            utterance_ids=pl.col("utterance_id"),
            prompt_is_question=pl.col("is_question").any(),
            unaligned_share=(pl.col("unaligned_share") * words).sum() / words.sum(),
            speech_probability=(pl.col("probability") * words).sum() / words.filter(known).sum(),
            identity=pl.format(
                "{} {} {} {}", "start_ms", "end_ms", pl.col("text").str.len_bytes(), pl.col("text")
            ).str.join("\n"),
        )
        .with_columns(speech_probability=pl.col("speech_probability").fill_nan(None))
        .sort("recording_id", "start_ms", "turn_id")
        .with_row_index("turn")
    )


def sample_ids(turns: pl.DataFrame) -> pl.Series:
    """Return the id of each turn: 16 hex digits over recording, times and texts.

    Turns that agree in all of them (a transcript that says the same twice at one moment) are told apart by
    a number in the order of rows.
    """
    at_once = pl.struct("recording_id", "start_ms").is_duplicated()
    again = pl.when(at_once).then(pl.int_range(pl.len()).over("recording_id", "start_ms", "identity")).otherwise(0)
    if not turns.select(at_once.any()).item():
        again = pl.lit(0)
    identity = turns.select(pl.format("{}\n{}\n{}", "recording_id", "identity", again)).to_series()
    return fingerprints(identity.to_arrow()).alias("sample_id")


def contexts(turns: pl.DataFrame, asked: NDArray[np.int64], settings: CurateSettings) -> pa.Array:
    """Return, for the turns numbered `asked`, the turns before each one, oldest first.

    Going back from the prompt, a turn belongs to its context while it ended at most `context_s` before the
    prompt begins and all together have at most `context_words` words. Turns whose `private` is true are
    passed over as if nobody had spoken.

    Args:
        turns: All turns of some recordings as `turns_of` returns them, with a column `private`.
        asked: Numbers of turns.
        settings: The budgets.

    Returns:
        A list of texts for each number.
    """
    public = ~turns["private"].to_numpy()
    recording_T = turns["recording_id"].rle_id().to_numpy().astype(np.int64)
    start_T, end_T = turns["start_ms"].to_numpy(), turns["end_ms"].to_numpy()
    first = min(start_T.min(initial=0), 0) - round(settings.context_s * 1000)
    stride = end_T.max(initial=0) - first + 1
    # One axis for all recordings: each has its own stretch of it, so that one binary search serves all.
    end_P = _running_maximum(recording_T[public], end_T[public] - first) + recording_T[public] * stride
    words_P = np.concatenate([[0], np.cumsum(turns["n_words"].to_numpy()[public])])
    before_T = np.cumsum(public) - public
    recording_P = recording_T[public]

    until = before_T[asked]
    since_ms = start_T[asked] - round(settings.context_s * 1000) - first + recording_T[asked] * stride
    by_time = np.searchsorted(end_P, since_ms, side="left")
    by_words = np.searchsorted(words_P, words_P[until] - settings.context_words, side="left")
    of_recording = np.searchsorted(recording_P, recording_T[asked], side="left")
    since = np.minimum(np.maximum.reduce([by_time, by_words, of_recording]), until)
    return _slices(turns.filter(pl.Series(public))["prompt"].to_arrow(), since, until)


def _running_maximum(group: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest value so far within each group; groups stand together and values are not negative."""
    stride = int(values.max(initial=0)) + 1
    return np.maximum.accumulate(group * stride + values) - group * stride


def _slices(texts: pa.Array, since: NDArray[np.int64], until: NDArray[np.int64]) -> pa.Array:
    """Return the lists texts[since:until]."""
    lengths = until - since
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - since, lengths)
    return pa.LargeListArray.from_arrays(pa.array(offsets), texts.take(pa.array(rows)))
