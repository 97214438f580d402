"""Texts to numbered tokens: what speech and chat can have in common.

Tokens are case-folded words without apostrophes, links and mentions; number words become digits and
repeated letters are written once, so that 'helllo' meets 'hello' and 'type one' meets '1'. Adjacent words
make bigrams, which only a copied phrase shares. Function words carry no evidence and are left out.
"""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dougpt_align.arrays import Bools, Floats, Ints, expand, take_rows

NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: str(value) for value, word in enumerate(NUMBER_WORDS.split())}
REPEATED = re.compile(r"([^\W\d])\1+")
FUNCTION_TEXT = """
    a about after all also am an and any are as at be because been but by can cant could did didnt do does dont for
    from get go going gonna got had has have he her here him his how i if ill im in into is isnt it its ive just know
    like me my no not now of oh ok okay on or our out really right say see she so some that thats the their them then
    there theres they theyre this to too up us was wasnt we well were what when where which who why will with would
    yeah yes you your youre
"""
FUNCTION_WORDS = frozenset(FUNCTION_TEXT.split())
IDF_CAP = 8.0
SIEVE_SLOTS = 4_194_301  # a prime


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token numbers of N texts as ragged rows: `ids[ptr[k]:ptr[k + 1]]`, -1 where a word carries no evidence."""

    ptr: Ints
    ids: Ints

    def row_of(self) -> Ints:
        """The row of each token."""
        return np.repeat(np.arange(len(self.ptr) - 1, dtype=np.int64), np.diff(self.ptr))

    def by_token(self) -> tuple[Ints, Ints]:
        """Token and row of each use, in the order of tokens: neighbours are then looked up in neighbouring places."""
        rows = max(len(self.ptr) - 1, 1)
        keys = np.sort(self.ids * rows + self.row_of())
        ids = keys // rows
        return ids, keys - ids * rows

    def take(self, rows: Ints) -> "Tokens":
        """The tokens of these rows."""
        ptr, places = take_rows(self.ptr, rows)
        return Tokens(ptr, self.ids[places])


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Distinct evidence tokens (words and bigrams) of utterances and events, with a weight each.

    `utterances` and `events` hold each token once a text, sorted; `weight` is by token, in nats: the
    mean of the inverse document frequencies in speech and in chat.
    """

    utterances: Tokens
    events: Tokens
    weight: Floats
    event_mass: Floats
    """Sum of the weights of an event's tokens; words that speech never uses included, such bigrams not."""
    postings: Ints
    """Sorted keys token * stride + utterance: one search finds a token's uses in a range of utterances."""

    @property
    def stride(self) -> int:
        """What a token's number is multiplied by in a key."""
        return len(self.utterances.ptr) + 1

    def of(self, utterances: Ints | None = None, events: Ints | None = None) -> "Lexicon":
        """The same lexicon with only these utterances or events, in this order."""
        spoken = self.utterances if utterances is None else self.utterances.take(utterances)
        return Lexicon(
            spoken,
            self.events if events is None else self.events.take(events),
            self.weight,
            self.event_mass if events is None else self.event_mass[events],
            self.postings if utterances is None else _postings(spoken, len(self.weight)),
        )


def build_lexicon(utterance_texts: pa.Array, event_texts: pa.Array) -> Lexicon:
    """Number the tokens of both sides in one vocabulary."""
    encoded = event_texts.cast(pa.string()).dictionary_encode()
    distinct, which = encoded.dictionary, _numbers(encoded.indices)
    words = _tokenise(pa.concat_arrays([utterance_texts.cast(pa.string()), distinct]))
    n_utterances = len(utterance_texts)
    vocabulary = int(words.ids.max(initial=-1)) + 1
    rows, ids = _with_bigrams(words, vocabulary, n_utterances)

    size = int(ids.max(initial=-1)) + 1
    # Rows are sorted: those of speech come first.
    cut = int(np.searchsorted(rows, n_utterances))
    spoken_in = np.bincount(ids[:cut], minlength=size)
    speech_idf = _idf(spoken_in, n_utterances)
    utterances = Tokens(_pointers(rows[:cut], n_utterances), ids[:cut])
    rows, ids = rows[cut:] - n_utterances, ids[cut:]
    chat_idf = _idf(np.bincount(ids, minlength=size), len(distinct))
    weight = 0.5 * (speech_idf + chat_idf)
    mass = np.bincount(rows, weights=weight[ids], minlength=len(distinct))

    spoken = np.flatnonzero((spoken_in > 0)[ids])
    chat = Tokens(_pointers(rows[spoken], len(distinct)), ids[spoken])
    return Lexicon(utterances, chat.take(which), weight, mass[which], _postings(utterances, size))


def shared_weight(lexicon: Lexicon, ptr: Ints, first_U: Ints) -> Floats:
    """Weight of the tokens that each candidate pair shares.

    Event e is paired with the utterances first_U[e] .. first_U[e] + ptr[e+1] - ptr[e] - 1.
    """
    scores_P = np.zeros(int(ptr[-1]))
    keys, stride = lexicon.postings, lexicon.stride
    if not len(keys) or not len(scores_P):
        return scores_P
    ids, events = lexicon.events.by_token()
    first = ids * stride + first_U[events]
    low = np.searchsorted(keys, first)
    high = np.searchsorted(keys, first + np.diff(ptr)[events])
    hit = np.flatnonzero(high > low)
    counts = (high - low)[hit]
    found = keys[expand(low[hit], counts)] % stride
    owner = np.repeat(hit, counts)
    pairs = ptr[events[owner]] + found - first_U[events[owner]]
    return np.bincount(pairs, weights=lexicon.weight[ids[owner]], minlength=len(scores_P))


def _postings(utterances: Tokens, size: int) -> Ints:
    stride = len(utterances.ptr) + 1
    if size and stride > np.iinfo(np.int64).max // (size + 1):
        raise OverflowError(f"{size} tokens by {stride} utterances do not fit one key")
    return np.sort(utterances.ids * stride + utterances.row_of())


def _tokenise(texts: pa.Array) -> Tokens:
    """Words of each text in order; -1 marks function words, which still break bigrams off their neighbours.

    What stands between spaces is cleaned once for each distinct piece; a piece may hold several words or none.
    """
    lists = pc.ascii_split_whitespace(texts)
    encoded = lists.flatten().dictionary_encode()
    piece_words = _clean(encoded.dictionary)
    in_texts = Tokens(np.asarray(lists.offsets.to_numpy(), dtype=np.int64), _numbers(encoded.indices))
    words = piece_words.take(in_texts.ids)
    return Tokens(ptr=words.ptr[in_texts.ptr], ids=words.ids)


def _clean(pieces: pa.Array) -> Tokens:
    """Numbers of the words in each piece of a text."""
    plain = pc.utf8_lower(pieces)
    for pattern, replacement in ((r"https?://\S+|@\S+", " "), (r"['\x{2019}]", ""), (r"[^\p{L}\p{N}]+", " ")):
        plain = pc.replace_substring_regex(plain, pattern=pattern, replacement=replacement)
    lists = pc.split_pattern(plain, pattern=" ")
    encoded = lists.flatten().dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    names: dict[str, int] = {}
    mapping = np.array([_number(word, names) for word in distinct], dtype=np.int64)
    codes = _numbers(encoded.indices)
    is_word = np.array([bool(word) for word in distinct], dtype=np.bool_)[codes]
    kept = np.concatenate([[0], np.cumsum(is_word)]).astype(np.int64)
    return Tokens(ptr=kept[lists.offsets.to_numpy()], ids=mapping[codes[is_word]])


def _number(word: str, names: dict[str, int]) -> int:
    short = REPEATED.sub(r"\1", word)
    if not word or word in FUNCTION_WORDS or short in FUNCTION_WORDS:
        return -1
    short = NUMBERS.get(word, short)
    if len(short) > 3 and short.endswith("s"):
        short = short[:-1]
    return names.setdefault(short, len(names))


def _with_bigrams(words: Tokens, vocabulary: int, n_utterances: int) -> tuple[Ints, Ints]:
    """Rows and numbers of all words and of the bigrams that speech uses, each once a row, sorted."""
    rows, ids = words.row_of(), words.ids
    adjacent = np.flatnonzero((rows[1:] == rows[:-1]) & (ids[1:] >= 0) & (ids[:-1] >= 0))
    keys = ids[adjacent] * vocabulary + ids[adjacent + 1]
    spoken = _distinct(keys[: np.searchsorted(adjacent, words.ptr[n_utterances])])
    known = np.flatnonzero(_sieve(spoken, keys))
    place = np.searchsorted(spoken, keys[known])
    place[place == len(spoken)] = 0
    exact = spoken[place] == keys[known] if len(spoken) else np.zeros(0, dtype=np.bool_)
    known, place = known[exact], place[exact]
    single = np.flatnonzero(ids >= 0)
    bits = int(vocabulary + len(spoken)).bit_length()
    both = [rows[single] << bits | ids[single], rows[adjacent[known]] << bits | (vocabulary + place)]
    pairs = _distinct(np.concatenate(both))
    return pairs >> bits, pairs & ((1 << bits) - 1)


def _sieve(members: Ints, values: Ints) -> Bools:
    """Which values may be among the members: all that are, and a few of the others."""
    slots = np.zeros(SIEVE_SLOTS, dtype=np.bool_)
    slots[members % SIEVE_SLOTS] = True
    return slots[values % SIEVE_SLOTS]


def _distinct(values: Ints) -> Ints:
    """Sorted distinct values; by sorting, which is faster here than by hashing."""
    ordered = np.sort(values)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def _pointers(sorted_rows: Ints, n_rows: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(sorted_rows, minlength=n_rows))]).astype(np.int64)


def _idf(document_frequency: Ints, documents: int) -> Floats:
    return np.minimum(np.log((documents + 1.0) / (document_frequency + 0.5)), IDF_CAP).clip(min=0.0)


def _numbers(indices: pa.Array) -> Ints:
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)
