"""The texts of many messages staged at once; most are plain words, to which nothing has to be done."""

import re
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS

from dougpt_chat.cheers import cheers_in
from dougpt_chat.text import PLAIN, Emote, Pseudonyms, Span, stage_text, with_lexicon

EMOTES = CHAT_EVENTS.schema.field("emotes").type
EMOTE = EMOTES.value_type
# More words than this are looked up one by one: the pattern of all of them would not fit its engine's memory.
MOST_ALTERNATIVES = 2000


def staged_texts(
    raw: pa.Array, spans: pa.Array, bits: pa.Array, people: Pseudonyms, lexicon: frozenset[str]
) -> tuple[pa.Array, pa.Array]:
    """Return the staged text and the emotes of each message.

    Args:
        raw: The texts as they stand in the file.
        spans: Where emotes stand in them, as `collect.SPAN`.
        bits: How many were cheered; null where that is not known.
        people: Gives what stands for a mentioned name.
        lexicon: Words that are emotes of third parties.
    """
    is_plain = pc.match_substring_regex(raw, PLAIN)
    emotes: dict[int, list[Emote]] = {}
    changed: dict[int, str] = {}
    for row, text, plain, places in _to_look_at(raw, spans, is_plain):
        as_they_stand = _cut_out(text, places) if plain else None
        if as_they_stand is None:
            changed[row], emotes[row] = stage_text(text, places, people, lexicon)
        else:
            emotes[row] = as_they_stand
    for row, text in _with_words(raw, lexicon) if lexicon else ():
        if row not in changed:
            emotes[row] = with_lexicon(text, emotes.get(row, []), lexicon)
    cheering = pc.indices_nonzero(pc.fill_null(bits, 0))
    for row, paid in zip(cheering.to_pylist(), bits.take(cheering).to_pylist(), strict=True):
        text = changed[row] if row in changed else raw[row].as_py()
        emotes[row] = with_lexicon(text, emotes.get(row, []), cheers_in(text, paid))
    return _replaced(raw, changed), _column(emotes, len(raw))


def _to_look_at(raw: pa.Array, spans: pa.Array, is_plain: pa.Array) -> Iterator[tuple[int, str, bool, list[Span]]]:
    """Yield row and text of the messages with emotes, or with more than plain words; whether they are plain; spans."""
    rows = pc.indices_nonzero(pc.or_(pc.greater(pc.list_value_length(spans), 0), pc.invert(is_plain)))
    spans = spans.take(rows)
    values = spans.flatten()
    starts, ends, ids = (values.field(name).to_pylist() for name in ("start", "end", "id"))
    places: list[Span] = list(zip(starts, ends, (emote_id or None for emote_id in ids), strict=True))
    at = 0
    for row, text, plain, count in zip(
        rows.to_pylist(),
        raw.take(rows).to_pylist(),
        is_plain.take(rows).to_pylist(),
        pc.list_value_length(spans).to_pylist(),
        strict=True,
    ):
        yield row, text, plain, places[at : at + count]
        at += count


def _cut_out(text: str, places: list[Span]) -> list[Emote] | None:
    """The emotes of a plain text, which all stay where they stand; None where one begins or ends blank."""
    emotes: list[Emote] = []
    for start, end, emote_id in places:
        name = text[start:end]
        if not name or name[0] == " " or name[-1] == " ":
            return None
        emotes.append({"name": name, "id": emote_id, "start": start, "end": end})
    return emotes


def _with_words(raw: pa.Array, lexicon: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield row and text of the messages that hold a word of the lexicon, between single spaces."""
    if len(lexicon) <= MOST_ALTERNATIVES:
        words = "|".join(re.escape(word) for word in sorted(lexicon))
        rows = pc.indices_nonzero(pc.match_substring_regex(raw, f"(?:^| )(?:{words})(?: |$)"))
        yield from zip(rows.to_pylist(), raw.take(rows).to_pylist(), strict=True)
    else:
        for row, text in enumerate(raw.to_pylist()):
            if not lexicon.isdisjoint(text.split(" ")):
                yield row, text


def _replaced(raw: pa.Array, changed: Mapping[int, str]) -> pa.Array:
    """`raw` with the texts of some rows replaced."""
    if not changed:
        return raw
    rows = sorted(changed)
    mask = pc.is_in(pa.array(range(len(raw)), pa.int64()), value_set=pa.array(rows, pa.int64()))
    return pc.replace_with_mask(raw, mask, pa.array([changed[row] for row in rows], pa.string()))


def _column(emotes: Mapping[int, list[Emote]], rows: int) -> pa.Array:
    """The emotes of all rows; those that are not in the mapping have none."""
    ends, flat = [0] * (rows + 1), []
    for row in sorted(emotes):
        ends[row + 1] = len(emotes[row])
        flat += emotes[row]
    offsets = pc.cumulative_sum(pa.array(ends, pa.int32()))
    columns = (
        [emote["name"] for emote in flat],
        [emote["id"] for emote in flat],
        [emote["start"] for emote in flat],
        [emote["end"] for emote in flat],
    )
    fields = [pa.array(column, field.type) for column, field in zip(columns, EMOTE, strict=True)]
    values = pa.StructArray.from_arrays(fields, fields=list(EMOTE))
    return pa.ListArray.from_arrays(offsets, values, type=EMOTES)
