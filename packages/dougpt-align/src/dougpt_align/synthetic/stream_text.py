"""What the streamer of the `stream` family says and what chat writes: topics, templates, emotes."""

from dataclasses import dataclass

from numpy.random import Generator

EMOTES = ("KEKW", "LUL", "PogChamp", "monkaS", "Sadge", "OMEGALUL", "catJAM", "PepeLaugh", "Kappa", "BibleThump")
_TOPIC_TEXT = """
pan onion garlic butter knife oven recipe dough pepper soup noodle sauce grill spatula flour cheese basil broth
castle sword shield dragon dungeon potion wizard arrow goblin quest armor throne knight tower spell cave torch crown
rocket planet orbit engine fuel crater moon satellite telescope comet launch gravity booster capsule module thruster
guitar piano drum melody chorus violin concert album microphone rhythm trumpet lyric encore amplifier keyboard tempo
puzzle lever button laser cube portal turret elevator bridge switch platform ladder trapdoor pipe conveyor mirror
horse saddle canyon bandit sheriff train saloon wagon revolver cactus ranch lasso outlaw stable mustang prairie
spider skeleton zombie creeper diamond pickaxe furnace village farm chest lava portal wolf sapling anvil bucket
spreadsheet invoice meeting deadline printer manager stapler cubicle email coffee elevator promotion intern badge
shark whale coral submarine anchor pirate treasure island parrot lighthouse harbor octopus net cannon compass tide
robot antenna circuit battery wire solder sensor magnet motor wheel hinge bolt camera drone chip prototype
goalie striker referee stadium penalty whistle corner league trophy jersey coach rebound keeper derby kickoff
volcano island jungle tribe banana monkey coconut hut canoe fishing spear waterfall vine parrot toucan hammock
"""
TOPICS = tuple(tuple(line.split()) for line in _TOPIC_TEXT.strip().splitlines())
_DETAIL_TEXT = """
red tiny broken golden haunted wooden heavy ancient crooked frozen purple secret rusty enormous cursed invisible
second left upper wrong cheap fancy loud empty double
"""
DETAILS = tuple(_DETAIL_TEXT.split())
STATEMENTS = (
    "okay so the {d} {n} is over here",
    "I really do not trust that {n}",
    "we need one more {n} before we can leave",
    "look at the size of this {n}",
    "that {n} was not there a minute ago",
    "alright {p} gave me the {d} {n}",
    "let me put the {n} next to the {m}",
    "I am pretty sure the {n} beats the {m}",
    "the last time I used a {n} it went badly",
    "this {n} is worth more than my car",
    "no no no the {n} is falling",
    "so {p} told me about a {d} {n} back in college",
    "I think we just lost the {n}",
    "somehow the {n} got into the {m}",
    "one day I will understand how a {n} works",
    "that is it we are going in",
    "give me a second here",
    "I can not believe this",
    "hold on wait a moment",
    "and then everything just stopped",
)
QUESTIONS = (
    "what do you think of the {n}",
    "should I take the {n} or the {m}",
    "has anyone here ever seen a {d} {n}",
    "who remembers {p} with the {n}",
    "is the {n} better than the {m}",
    "how many {n} do we need",
    "where did the {n} go",
    "is that even possible",
)
CALLS = (
    "chat type one for the {n} or two for the {m}",
    "everybody say {n} in chat",
    "chat should we go {n} or {m}",
)
EXCLAMATIONS = ("oh my god", "no way", "what was that", "yes let us go", "are you kidding me", "that was insane")
READING = ("{a} says {t}", "chat says {t}", "someone wrote {t}")
GENERIC = ("lol", "true", "no way", "what", "LMAO", "nice", "W", "L", "rip", "hahaha", "bruh", "same", "real", "huh")
ECHOES = (
    "{n}",
    "{n}??",
    "the {n} lmao",
    "not the {n}",
    "{n} is so good",
    "RIP {n}",
    "{n} {e}",
    "I love {n}",
    "{d} {n}",
)
TOPICAL = ("get the {n}", "use the {n}", "{n} when", "try a {n} next", "where is the {n}", "the {n} was better")
SMALLTALK = (
    "just got here what is going on",
    "hello from Brazil",
    "first time watching live",
    "my internet is so bad today",
    "when is the next video",
    "anyone else eating dinner",
    "that ad was two minutes long",
    "I have an exam tomorrow",
    "good morning everyone",
    "who is modding tonight",
    "my cat is on my desk again",
    "is this a rerun",
)
PASTAS = (
    "I am not a morning person but for this stream I would wake up at four and make pancakes",
    "dear streamer my grandmother watches you every night and she says you hold the mouse wrong",
    "this is the greatest moment in the history of moments nobody can change my mind",
    "hello it is I the ghost of the previous stream please return my spoon",
)
COMMANDS = ("!uptime", "!discord", "!song", "!points")
_ONSET_TEXT = "b br c cr d dr f g gr h j k l m n p r s st t tr v w z"
_RIME_TEXT = "ab ack ad al am an ar as ed el en er ett ib ick il in ip ob ock ol on op ub uck um un"
_ONSETS, _RIMES = tuple(_ONSET_TEXT.split()), tuple(_RIME_TEXT.split())


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something said: its words, the rare ones among them, its kind and what it asks chat to answer with."""

    words: tuple[str, ...]
    topic: int
    rare: tuple[str, ...]
    kind: str
    options: tuple[str, ...] = ()


def pick(rng: Generator, items: tuple[str, ...]) -> str:
    """One of `items`, each as likely."""
    return items[int(rng.integers(len(items)))]


def name(rng: Generator) -> str:
    """A made-up name of two or three syllables."""
    syllables = (pick(rng, _ONSETS) + pick(rng, _RIMES) for _ in range(int(rng.integers(2, 4))))
    return "".join(syllables).capitalize()


def noun(rng: Generator, topic: int) -> str:
    """A word of the topic, the first ones more often than the last."""
    words = TOPICS[topic]
    return words[min(int(rng.exponential(len(words) / 2.5)), len(words) - 1)]


def say(rng: Generator, topic: int, people: tuple[str, ...]) -> Sentence:
    """A sentence on the topic: mostly a statement, sometimes a question, rarely a call to chat."""
    kind = str(rng.choice(["statement", "question", "call"], p=[0.84, 0.13, 0.03]))
    template = pick(rng, {"statement": STATEMENTS, "question": QUESTIONS, "call": CALLS}[kind])
    slots = {"n": noun(rng, topic), "m": noun(rng, topic), "d": pick(rng, DETAILS), "p": pick(rng, people)}
    text = template.format(**slots)
    if rng.random() < 0.25:
        text = pick(rng, ("so yeah ", "I mean ", "honestly ", "and you know ", "right now ")) + text
    if rng.random() < 0.3 and kind == "statement":
        text += " " + pick(
            rng, ("because of the {m}", "with my {d} {m}", "like in the video", "for some reason")
        ).format(**slots)
    rare = tuple(word for slot, word in slots.items() if "{" + slot + "}" in template)
    options: tuple[str, ...] = ()
    if kind == "call":
        options = ("1", "2") if "one" in template else (slots["n"],) if "say" in template else (slots["n"], slots["m"])
    elif kind == "question":
        options = (slots["n"], slots["m"]) if " or " in template else ("yes", "no", "yeah", "nah")
        options = ("3", "5", "12", "a lot") if "how many" in template else options
    return Sentence(tuple(text.split()), topic, rare, kind, options)


def exclaim(rng: Generator, topic: int) -> Sentence:
    """A cry at something on screen."""
    return Sentence(tuple(pick(rng, EXCLAMATIONS).split()), topic, (), "exclamation")


def read_out(rng: Generator, topic: int, message: str) -> Sentence:
    """A chat message read aloud."""
    text = pick(rng, READING).format(a=name(rng), t=message)
    return Sentence(tuple(text.split()), topic, (), "statement")


def retort(rng: Generator, message: str) -> tuple[str, tuple[str, ...]]:
    """An answer to a chatter that takes up a word of theirs."""
    word = pick(rng, tuple(message.split()))
    return pick(rng, ("{w} lol", "what {w}", "no {w}", "{w} fr")).format(w=word), ()


def answer(rng: Generator, said: Sentence, content: str) -> tuple[str, tuple[str, ...]]:
    """A reply to `said`, and the emotes in it."""
    if said.options and content != "none" and rng.random() < (0.85 if said.kind == "call" else 0.5):
        return pick(rng, said.options), ()
    echo = {"rich": 0.5, "usual": 0.25, "none": 0.0}[content]
    topical = {"rich": 0.15, "usual": 0.2, "none": 0.0}[content]
    draw = rng.random()
    if draw < 0.35:
        return emote_only(rng)
    if draw < 0.35 + echo and said.rare:
        emote = pick(rng, EMOTES)
        text = pick(rng, ECHOES).format(n=pick(rng, said.rare), d=pick(rng, DETAILS), e=emote)
        return text, (emote,)
    if draw < 0.35 + echo + topical:
        return pick(rng, TOPICAL).format(n=noun(rng, said.topic)), ()
    return generic(rng)


def emote_only(rng: Generator) -> tuple[str, tuple[str, ...]]:
    """One emote, once to four times."""
    emote = pick(rng, EMOTES)
    return " ".join([emote] * int(rng.integers(1, 5))), (emote,)


def generic(rng: Generator) -> tuple[str, tuple[str, ...]]:
    """A word or two that fit anywhere."""
    if rng.random() < 0.3:
        emote = pick(rng, EMOTES)
        return f"{pick(rng, GENERIC)} {emote}", (emote,)
    return pick(rng, GENERIC), ()


def chatter(rng: Generator, topic: int) -> tuple[str, tuple[str, ...]]:
    """Talk that answers nobody: a fifth of it on the topic at hand."""
    draw = rng.random()
    if draw < 0.3:
        return emote_only(rng)
    if draw < 0.5:
        return pick(rng, TOPICAL).format(n=noun(rng, topic)), ()
    if draw < 0.75:
        return pick(rng, SMALLTALK), ()
    if draw < 0.85:
        return pick(rng, TOPICAL).format(n=noun(rng, int(rng.integers(len(TOPICS))))), ()
    return generic(rng)
