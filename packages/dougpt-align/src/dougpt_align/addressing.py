"""Whether an utterance asks something, and whether it speaks to chat.

Captions often have no marks, so a question is also known by its order of words: an asking word or an auxiliary in
front of its subject. Rules of English; where none applies, nothing is claimed.
"""

import re

QUESTION_END = re.compile(r"[?\uff1f][?!\uff01\uff1f.…]*[\"'\u201d\u2019)\]]*$")
CLOSED = re.compile(r"[.?!…\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")
BETWEEN_SENTENCES = re.compile(r"(?<=[.?!…])[\"'\u201d\u2019)\]]*\s+")
FEWEST_WORDS = 3


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What comes before a question without changing it.
OPENERS = _words("""
    so and but or okay ok well wait hey yo oh um uh hm hmm like alright now then also chat guys everyone please just
    actually seriously honestly
""")
ASKS = _words("what why how who where which whose whats whys hows whos wheres whens")
AUXILIARIES = _words("""
    am is are was were do does did can could should shall will would have has had isnt arent wasnt werent dont doesnt
    didnt cant couldnt shouldnt wont wouldnt havent hasnt hadnt
""")
PRONOUNS = _words("""
    i you he she we they yall people anyone anybody anything everyone everybody everything someone somebody something
""")
NOUN_STARTS = _words("it this that these those there the your my his her our their chat guys")
# 'Do it' and 'have the soup' tell somebody to: a noun behind these makes no question.
COMMANDS_TOO = _words("do have dont")
NO_QUESTION = frozenset({"what a", "what an", "which is", "which was", "which means", "who knows"})
# In speech that runs on without marks, these are questions wherever they stand.
INVERTED = re.compile(
    r"\b(?:should (?:i|we)|(?:what|how|why|which|when|where)(?: \w+)? (?:do|did|should|would) (?:i|you|we))\b"
)
TAGS = re.compile(r"\b(?:huh|eh|or (?:not|what)|(?:is|are|was|do|does|did|ca|wo)nt (?:it|he|she|they|you|we|i))$")

CHAT_WORDS = _words("chat chatters everyone everybody yall guys viewers folks")
SECOND_PERSON = _words("you your yours yourself yourselves youre youve youd youll")
ANYONE = _words("anyone anybody someone somebody")
# What tells viewers to write: some alone in front, some only with what follows them ('let me see' is no call).
CALLS = _words("type spam vote comment clap say ping")
CALL = re.compile(
    r"^(?:let (?:me|us) (?:know|hear)|(?:tell|help|remind|show|ask|correct|send) (?:me|us)"
    r"|give (?:me|us) (?!an? (?:sec|second|moment|minute|break)\b)"
    r"|guess (?:what|how|who|which|where|when|the|my)"
    r"|(?:press|drop|pick|choose|hit|put|post|write) (?:an? )?(?:[b-hj-z]|\d+|one|two|three)\b"
    r"|raise (?:a |the )?hands?\b)"
)


def is_question(text: str) -> bool:
    """Whether `text` asks: it ends in a question mark, or has no closing mark and its last sentence is put like one."""
    if QUESTION_END.search(text):
        return True
    if CLOSED.search(text):
        return False
    plain = _without_openers(plain_words(BETWEEN_SENTENCES.split(text)[-1]))
    if len(plain) < FEWEST_WORDS:
        return False
    whole = " ".join(plain)
    return _begins_like_a_question(plain) or bool(INVERTED.search(whole) or TAGS.search(whole))


def addresses_chat(text: str) -> bool:
    """Whether `text` calls to chat, speaks to 'you', or tells viewers to write something."""
    plain = plain_words(text)
    if any(word in CHAT_WORDS or word in SECOND_PERSON for word in plain):
        return True
    if any(word in ANYONE for word in plain) and is_question(text):
        return True
    return any(_is_call(_without_openers(plain_words(sentence))) for sentence in BETWEEN_SENTENCES.split(text))


def plain_words(text: str) -> list[str]:
    """The words of `text` in small letters, without marks and apostrophes."""
    return re.findall(r"\w+", text.casefold().replace("'", "").replace("\u2019", ""))


def _begins_like_a_question(plain: list[str]) -> bool:
    first, second = plain[0], plain[1]
    if f"{first} {second}" in NO_QUESTION:
        return False
    if first == "when":
        return second in AUXILIARIES
    if first in ASKS:
        return True
    subject = second in PRONOUNS or (second in NOUN_STARTS and first not in COMMANDS_TOO)
    return first in AUXILIARIES and subject


def _is_call(plain: list[str]) -> bool:
    return len(plain) > 1 and (plain[0] in CALLS or CALL.match(" ".join(plain)) is not None)


def _without_openers(plain: list[str]) -> list[str]:
    first = next((place for place, word in enumerate(plain) if word not in OPENERS), len(plain))
    return plain[first:]
