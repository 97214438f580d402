"""Messages repaired from what is known once all are read; the raw readings stay beside."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from dougpt_chat.rendered.homoglyphs import Lexicon, repaired_text, words_of
from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.roster import repaired_names


def repaired_messages(
    messages: list[Read], roster: Iterable[str], lexicon: Iterable[str]
) -> tuple[list[Read], Counter[str]]:
    """Return the messages with names and words repaired, and how many `names` and `words` were.

    Args:
        messages: All there are: what is read often speaks for what is read once.
        roster: Names of people who may write here.
        lexicon: Words and emotes that are written here.
    """
    names = repaired_names(messages, roster)
    read = (word for one in messages for text, emote in one.fragments if emote is None for word in words_of(text))
    known = Lexicon.of(lexicon, read)
    repaired: Counter[str] = Counter(names=sum(name != one.name for name, one in zip(names, messages, strict=True)))
    done = []
    for one, name in zip(messages, names, strict=True):
        fragments = []
        for text, emote in one.fragments:
            said, words = (text, 0) if emote is not None else repaired_text(text, known)
            fragments.append((said, emote))
            repaired["words"] += words
        done.append(replace(one, name=name, fragments=tuple(fragments)))
    return done, repaired
