"""Messages repaired from what is known once all are read; the raw readings stay beside."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dougpt_chat.rendered.homoglyphs import Lexicon, repaired_text, words_of
from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.roster import repaired_names

MENTION = re.compile(r"(?<=@)\w+")
# In any case, and i with what l looks like: a small dot is lost before a letter is.
LOOKS = str.maketrans({**dict.fromkeys("i1|", "l"), "0": "o"})


def _alike(name: str) -> str:
    return name.casefold().translate(LOOKS)


def _with_mentions(text: str, people: Mapping[str, set[str]]) -> tuple[str, int]:
    """The text with the people it mentions: a name that nobody has is that of the one person whose name looks so."""
    count = 0

    def repair(match: re.Match[str]) -> str:
        nonlocal count
        names = people.get(_alike(match[0]), set())
        if len(names) != 1 or match[0].casefold() in names:
            return match[0]
        count += 1
        return next(iter(names))

    return MENTION.sub(repair, text), count


def repaired_messages(
    messages: list[Read], roster: Iterable[str], lexicon: Iterable[str]
) -> tuple[list[Read], Counter[str]]:
    """Return the messages with names and words repaired, and how many `names`, `words` and `mentions` were.

    A name that stands in the roster is no longer doubtful.

    Args:
        messages: All there are: what is read often speaks for what is read once.
        roster: Names of people who may write here.
        lexicon: Words and emotes that are written here.
    """
    roster = tuple(roster)
    given = {name.casefold() for name in roster}
    names = repaired_names(messages, roster)
    read = (word for one in messages for text, emote in one.fragments if emote is None for word in words_of(text))
    known = Lexicon.of(lexicon, read)
    people: dict[str, set[str]] = {}
    for name in (*names, *roster):
        people.setdefault(_alike(name), set()).add(name.casefold())
    repaired: Counter[str] = Counter(names=sum(name != one.name for name, one in zip(names, messages, strict=True)))
    done = []
    for one, name in zip(messages, names, strict=True):
        fragments = []
        for text, emote in one.fragments:
            said, words = (text, 0) if emote is not None else repaired_text(text, known)
            said, mentions = (said, 0) if emote is not None else _with_mentions(said, people)
            fragments.append((said, emote))
            repaired.update(words=words, mentions=mentions)
        settled = one.name_doubt if name.casefold() in given else 0.0
        done.append(
            replace(
                one,
                name=name,
                fragments=tuple(fragments),
                doubt=one.doubt - settled,
                name_doubt=one.name_doubt - settled,
            )
        )
    return done, repaired
