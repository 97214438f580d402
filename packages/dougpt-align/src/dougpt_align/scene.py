"""One recording as arrays: utterances in the order of their ends, events in the order of their times.

Ties are broken by id, so the same tables give the same arrays whatever made them. Texts become what the
terms need: message classes, characters typed, clusters of copies.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, UTTERANCES, ArrowStream, ChatKind, ContractError
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints, flat
from dougpt_align.settings import AlignSettings
from dougpt_align.tokens import Lexicon, build_lexicon

LATEST_MS = 10**15
KINDS = tuple(kind.value for kind in ChatKind)
COPY_CHARACTERS = 24
TYPED_CAP = 80


@dataclass(frozen=True, slots=True)
class Speech:
    """Utterances (U), sorted by end, start and id."""

    recording_id: str
    ids: Ints
    turns: Ints
    start_ms: Ints
    end_ms: Ints
    is_question: Bools
    addresses_chat: Bools
    n_words: Ints
    texts: pa.Array


@dataclass(frozen=True, slots=True)
class Chat:
    """Events (E) as in their table: sorted by time, then id.

    `kinds` are numbers in `KINDS`; `typed` counts characters without emotes; `copy_rank` is 0 for a text that stands
    alone or comes first, else the event's place among its copies; `copy_size` is the size of that cluster.
    """

    recording_id: str
    ids: pa.Array
    at_ms: Ints
    kinds: NDArray[np.int8]
    texts: pa.Array
    authors: Ints
    typed: Floats
    emote_only: Bools
    foreign: Bools
    answers_chatter: Bools
    mentions_streamer: Bools
    copy_rank: Ints
    copy_size: Ints

    def is_kind(self, kind: ChatKind) -> Bools:
        """Which events are of this kind."""
        return np.asarray(self.kinds == KINDS.index(kind.value))

    @property
    def alone(self) -> Bools:
        """Ordinary messages: what the fit looks at."""
        ordinary = self.is_kind(ChatKind.MESSAGE) | self.is_kind(ChatKind.ACTION)
        return np.asarray(ordinary & ~self.foreign & ~self.answers_chatter, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Scene:
    """Both sides of one recording, with what their texts share."""

    speech: Speech
    chat: Chat
    lexicon: Lexicon


def read_scene(utterances: ArrowStream, chat_events: ArrowStream, settings: AlignSettings) -> Scene:
    """Check both tables and turn them into arrays.

    Raises:
        ContractError: A contract is broken, a table holds several recordings, or a time lies beyond 31,000 years.
    """
    speech = read_speech(utterances)
    chat = _chat(CHAT_EVENTS.check(CHAT_EVENTS.conform(chat_events)), settings)
    return Scene(speech, chat, build_lexicon(speech.texts, chat.texts))


def read_speech(utterances: ArrowStream) -> Speech:
    """Check the utterances of one recording and turn them into arrays.

    Raises:
        ContractError: The contract is broken, there are several recordings, or a time lies beyond 31,000 years.
    """
    table = UTTERANCES.check(UTTERANCES.conform(utterances))
    recording = _recording(table, "utterances")
    start_ms, end_ms = _times(table, "utterances", "start_ms"), _times(table, "utterances", "end_ms")
    ids = table["utterance_id"].to_numpy()
    order = np.lexsort((ids, start_ms, end_ms))
    return Speech(
        recording_id=recording,
        ids=ids[order],
        turns=table["turn_id"].to_numpy()[order],
        start_ms=start_ms[order],
        end_ms=end_ms[order],
        is_question=table["is_question"].to_numpy()[order],
        addresses_chat=table["addresses_chat"].to_numpy()[order],
        n_words=table["n_words"].to_numpy()[order],
        texts=flat(table["text"]).take(pa.array(order)),
    )


def _chat(table: pa.Table, settings: AlignSettings) -> Chat:
    recording = _recording(table, "chat_events")
    at_ms = _times(table, "chat_events", "offset_ms")
    texts = flat(table["text"])
    authors = table["author"].combine_chunks().dictionary_encode()
    # An author that the export does not name counts as someone else each time.
    codes = pc.fill_null(flat(authors).indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    anonymous = np.flatnonzero(codes < 0)
    codes[anonymous] = -1 - anonymous
    typed, emote_only = _typing(table, texts)
    mentions = pc.match_substring_regex(texts, pattern=r"@\w", ignore_case=False)
    to_streamer = pc.match_substring(texts, pattern="@streamer", ignore_case=True).to_numpy(zero_copy_only=False)
    replied = table["reply_to"].is_valid().to_numpy()
    # Emotes in a row are how chat laughs, not copies of a text.
    rank, size = _copies(texts, codes, at_ms, ~emote_only, settings)
    return Chat(
        recording_id=recording,
        ids=flat(table["event_id"]),
        at_ms=at_ms,
        kinds=pc.index_in(flat(table["kind"]), value_set=pa.array(KINDS))
        .to_numpy(zero_copy_only=False)
        .astype(np.int8),
        texts=texts,
        authors=codes,
        typed=typed,
        emote_only=emote_only,
        foreign=_foreign(table["source_room"], settings.own_room),
        answers_chatter=(replied | mentions.to_numpy(zero_copy_only=False)) & ~to_streamer,
        mentions_streamer=to_streamer,
        copy_rank=rank,
        copy_size=size,
    )


def _recording(table: pa.Table, name: str) -> str:
    distinct = pc.unique(table["recording_id"]).to_pylist()
    if len(distinct) > 1:
        raise ContractError(name, f"holds {len(distinct)} recordings; align takes one at a time", column="recording_id")
    return str(distinct[0]) if distinct else ""


def _times(table: pa.Table, name: str, column: str) -> Ints:
    times: Ints = table[column].to_numpy()
    far = np.flatnonzero(np.abs(times) > LATEST_MS)
    if len(far):
        raise ContractError(
            name, f"lies beyond {LATEST_MS} ms", column=column, bad_rows=len(far), first_bad_row=int(far[0])
        )
    return times


def _foreign(rooms: pa.ChunkedArray, own_room: str | None) -> Bools:
    given = rooms.is_valid().to_numpy()
    if own_room is None:
        return np.asarray(given)
    same = pc.fill_null(pc.equal(rooms, own_room), False).to_numpy()
    return np.asarray(given & ~same)


def _typing(table: pa.Table, texts: pa.Array) -> tuple[Floats, Bools]:
    """Characters typed, emotes counted as two each, and whether a message is emotes and signs alone."""
    emotes = table["emotes"].combine_chunks()
    per_event = pc.fill_null(pc.list_value_length(emotes), 0).to_numpy(zero_copy_only=False)
    each = flat(emotes).flatten()
    width = (pc.struct_field(each, "end").to_numpy() - pc.struct_field(each, "start").to_numpy()).clip(min=0)
    owner = np.repeat(np.arange(len(texts)), per_event)
    covered = np.bincount(owner, weights=width, minlength=len(texts))
    length = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.float64)
    blank = pc.count_substring(texts, pattern=" ").to_numpy(zero_copy_only=False)
    written = (length - blank - covered).clip(min=0)
    worded = pc.match_substring_regex(texts, pattern=r"[\p{L}\p{N}]").to_numpy(zero_copy_only=False)
    emote_only = ((written == 0) & (per_event > 0)) | ~worded
    typed = np.minimum(np.where(emote_only, 0.0, (length - covered).clip(min=0)) + 2.0 * per_event, TYPED_CAP)
    return typed, np.asarray(emote_only)


def _copies(texts: pa.Array, authors: Ints, at_ms: Ints, worded: Bools, settings: AlignSettings) -> tuple[Ints, Ints]:
    """Place and size of each event in its cluster of one long text from several people within the window."""
    n = len(texts)
    rank, size = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    # Only what is long as it stands can be long without its signs.
    rows = np.flatnonzero(
        pc.greater_equal(pc.utf8_length(texts), COPY_CHARACTERS).to_numpy(zero_copy_only=False) & worded
    )
    bare = pc.replace_substring_regex(texts.take(pa.array(rows)), pattern=r"[^\p{L}\p{N}]+", replacement="")
    long = np.flatnonzero(pc.greater_equal(pc.utf8_length(bare), COPY_CHARACTERS).to_numpy(zero_copy_only=False))
    rows, normal = rows[long], pc.utf8_lower(bare.take(pa.array(long)))
    if len(rows) < settings.copies:
        return rank, size
    codes = normal.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((rows, at_ms[rows], codes))
    rows, codes = rows[order], codes[order]
    # A cluster is a run of one text whose neighbours lie within the window.
    new = np.r_[True, (np.diff(codes) != 0) | (np.diff(at_ms[rows]) > settings.copy_window_ms)]
    cluster = np.cumsum(new) - 1
    by_author = np.lexsort((authors[rows], cluster))
    someone_new = np.r_[True, (np.diff(cluster[by_author]) != 0) | (np.diff(authors[rows][by_author]) != 0)]
    many = np.bincount(cluster[by_author][someone_new], minlength=cluster[-1] + 1) >= settings.copies
    members = np.bincount(cluster)
    first = np.flatnonzero(new)
    in_many = many[cluster]
    rank[rows] = np.where(in_many, np.arange(len(rows)) - first[cluster], 0)
    size[rows] = np.where(in_many, members[cluster], 1)
    return rank, size
