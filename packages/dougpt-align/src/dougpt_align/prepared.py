"""A recording made ready for attribution: clock, candidates and marks, before anything is learned."""

from dataclasses import dataclass, replace

import numpy as np
from dougpt_schema import ANCHORS, CLOCK, GAPS, ArrowStream, ContractError
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.attribution import Problem
from dougpt_align.belonging import Belonging, place_chat, weigh_belonging
from dougpt_align.candidates import Pairs, find_pairs
from dougpt_align.lag import Kernel
from dougpt_align.marks import Mark, read_marks
from dougpt_align.offset import OffsetPath
from dougpt_align.scene import Chat, Scene, Speech
from dougpt_align.settings import AlignSettings

SHORT_WORDS, LONG_WORDS = 3, 12
LEAST_EXPOSURE = 1e-3


@dataclass(frozen=True, slots=True)
class Prepared:
    """One recording ready for attribution.

    `rows` are the events that the model looks at (E of `problem`), as rows of the chat table; `time_ms` is
    the time of every event of the table on the recording's clock; `off_clock` marks those no clock row covers,
    `uncertain` those where the path hangs on too little.
    """

    scene: Scene
    path: OffsetPath
    belonging: Belonging
    time_ms: Ints
    off_clock: Bools
    uncertain: Bools
    rows: Ints
    pairs: Pairs
    marks: tuple[Mark, ...]
    shared_P: Floats
    problem: Problem

    def without_evidence(self) -> "Prepared":
        """What tables and report need: pairs without lags and marks, which are a tenth of a large call's memory."""
        none = np.empty(0)
        return replace(
            self,
            pairs=replace(self.pairs, lag_s_P=none),
            marks=(),
            shared_P=none,
            problem=replace(self.problem, lag_s_P=none, marks=()),
        )


def read_anchors(anchors: ArrowStream | None, scene: Scene) -> tuple[Ints, Ints, Floats] | None:
    """Rows, times on the recording's clock, and confidences of the anchors whose events are in the scene."""
    if anchors is None:
        return None
    table = ANCHORS.check(ANCHORS.conform(anchors))
    events = {event: row for row, event in enumerate(scene.chat.ids.to_pylist())}
    known = sorted(
        (events[anchor["event_id"]], anchor["at_ms"], anchor["confidence"])
        for anchor in table.to_pylist()
        if anchor["recording_id"] == scene.chat.recording_id and anchor["event_id"] in events
    )
    if not known:
        return None
    rows, times, confidence = zip(*known, strict=True)
    return np.array(rows, dtype=np.int64), np.array(times, dtype=np.int64), np.array(confidence, dtype=np.float64)


def read_clock(clock: ArrowStream, recording_id: str) -> OffsetPath:
    """A given clock as a path; it outranks everything."""
    table = CLOCK.check(CLOCK.conform(clock))
    if any(found != recording_id for found in table["recording_id"].to_pylist()):
        raise ContractError("clock", f"is not of recording {recording_id}", column="recording_id")
    columns = {name: table[name].to_numpy() for name in ("from_ms", "to_ms", "offset_ms", "offset_sd_ms", "margin")}
    if np.any(columns["from_ms"][1:] < columns["to_ms"][:-1]):
        raise ContractError("clock", "overlaps the row before", column="from_ms")
    return OffsetPath(
        columns["from_ms"],
        columns["to_ms"],
        columns["offset_ms"],
        columns["offset_sd_ms"].astype(np.float64),
        columns["margin"].astype(np.float64),
    )


def in_gaps(gaps: ArrowStream | None, recording_id: str, at_ms: Ints) -> Bools:
    """Which times lie in a stretch of the recording that cannot be heard."""
    inside = np.zeros(len(at_ms), dtype=np.bool_)
    if gaps is None:
        return inside
    table = GAPS.check(GAPS.conform(gaps))
    for gap in table.to_pylist():
        if gap["recording_id"] == recording_id:
            inside |= (at_ms >= gap["from_ms"]) & (at_ms < gap["to_ms"])
    return inside


def prepare(
    scene: Scene,
    settings: AlignSettings,
    kernel: Kernel,
    anchors: tuple[Ints, Ints, Floats] | None = None,
    given: OffsetPath | None = None,
) -> Prepared:
    """Find the clock path (unless `given`), the candidates and their marks."""
    chat, speech = scene.chat, scene.speech
    ordinary = np.flatnonzero(chat.alone)
    voters = ordinary[chat.copy_rank[ordinary] == 0]
    if given is None:
        path, belonging = place_chat(scene, voters, anchors, settings.max_offset_ms)
    else:
        path, belonging = given, weigh_belonging(scene, voters, given)
    piece = path.piece_of(chat.at_ms)
    off_clock = piece < 0
    offset_ms = path.offset_at(piece)
    time_ms = chat.at_ms - offset_ms
    rows = ordinary[~off_clock[ordinary]]
    low, high = _bounds(path, piece[rows], speech, is_given=given is not None)
    pairs = find_pairs(speech.end_ms, time_ms[rows], low, high, settings)
    marks, shared = read_marks(scene, rows, pairs)
    problem = Problem(
        ptr=pairs.ptr,
        parent_P=pairs.parent_P,
        event_P=pairs.event_P,
        lag_s_P=pairs.lag_s_P,
        marks=marks,
        time_s_E=(chat.at_ms[rows] - (chat.at_ms[rows[0]] if len(rows) else 0)) / 1000.0,
        typed_E=chat.typed[rows],
        weight_E=1.0 / chat.copy_size[rows],
        class_U=_classes(speech),
        exposure_U=_exposure(path, speech, kernel, chat, time_ms, is_given=given is not None),
        author_E=np.unique(chat.authors[rows], return_inverse=True)[1].astype(np.int64),
    )
    uncertain = np.zeros(len(piece), dtype=np.bool_)
    if given is None and np.any(path.offset_ms != 0):
        uncertain = ~off_clock & (path.margin < settings.min_clock_margin)[np.maximum(piece, 0)]
    return Prepared(scene, path, belonging, time_ms, off_clock, uncertain, rows, pairs, marks, shared, problem)


def _bounds(path: OffsetPath, piece_E: Ints, speech: Speech, *, is_given: bool) -> tuple[Ints, Ints]:
    """The utterances that an event may have at all: in an edit, only those of its own piece."""
    if not is_given:
        return np.zeros(len(piece_E), dtype=np.int64), np.full(len(piece_E), len(speech.end_ms), dtype=np.int64)
    low = np.searchsorted(speech.end_ms, path.from_ms - path.offset_ms, side="left")
    high = np.searchsorted(speech.end_ms, path.to_ms - path.offset_ms, side="right")
    return low[piece_E], high[piece_E]


def _exposure(path: OffsetPath, speech: Speech, kernel: Kernel, chat: Chat, time_ms: Ints, *, is_given: bool) -> Floats:
    """The share of each utterance's replies that chat could still show before it ends, or its piece is cut off."""
    if not len(time_ms):
        return np.full(len(speech.end_ms), LEAST_EXPOSURE)
    until_ms = np.full(len(speech.end_ms), int(time_ms.max()) + 1)
    if is_given:
        order = np.argsort(path.from_ms - path.offset_ms, kind="stable")
        starts, ends = (path.from_ms - path.offset_ms)[order], (path.to_ms - path.offset_ms)[order]
        piece = np.searchsorted(starts, speech.end_ms, side="right") - 1
        until_ms = np.where(piece >= 0, ends[np.maximum(piece, 0)], speech.end_ms)
    typed = float(np.median(chat.typed)) * kernel.typing_s
    left_s = (until_ms - speech.end_ms) / 1000.0 - typed
    return np.maximum(kernel.mass_before(left_s), LEAST_EXPOSURE)


def _classes(speech: Speech) -> NDArray[np.int64]:
    """Twelve classes of utterances: question or not, to chat or not, short, medium or long."""
    length = (speech.n_words > SHORT_WORDS).astype(np.int64) + (speech.n_words > LONG_WORDS)
    return np.asarray(speech.is_question * 6 + speech.addresses_chat * 3 + length, dtype=np.int64)
