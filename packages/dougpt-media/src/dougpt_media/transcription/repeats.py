"""Lines that a recogniser writes twice at a border, once for the end of a piece and once for the start of the next.

People repeat themselves too: words are taken for a repetition only where there was no time to say them.
"""

from collections.abc import Sequence
from dataclasses import replace

from dougpt_media.normalise import normal
from dougpt_media.transcript import Word

REPEATED = "repeated"
SHORTEST = 3  # words; shorter ones are said twice all the time
LONGEST = 40
FASTEST_LETTER_MS = 30


def without_repeats(words: Sequence[Word], unheard: frozenset[str]) -> list[Word]:
    """Return the words; of lines written twice at a border, the copy that nobody said is marked `repeated`.

    Args:
        words: In spoken order, with their segments.
        unheard: Flags of words that were looked for in the sound and not found there.
    """
    marked = list(words)
    starts = [0, *(at for at in range(1, len(words)) if words[at].segment_id != words[at - 1].segment_id)]
    spoken = [normal(word.text) for word in words]
    for before, start, end in zip(starts, starts[1:], [*starts[2:], len(words)], strict=False):
        for length in range(min(LONGEST, start - before, end - start), SHORTEST - 1, -1):
            if spoken[start - length : start] != spoken[start : start + length]:
                continue
            copies = (range(start, start + length), range(start - length, start))
            for index in next((copy for copy in copies if not _said(words, copy, unheard)), ()):
                marked[index] = replace(marked[index], flags=(*marked[index].flags, REPEATED))
            break
    return marked


def _said(words: Sequence[Word], which: range, unheard: frozenset[str]) -> bool:
    """Tell words that were heard, or that there was time to say where nobody looked for them."""
    own = [words[index] for index in which]
    if any(unheard & set(word.flags) for word in own):
        return sum(bool(unheard & set(word.flags)) for word in own) <= len(own) / 2
    letters = sum(len(word.text) for word in own)
    return own[-1].end_ms - own[0].start_ms >= letters * FASTEST_LETTER_MS
