"""Who says what: out of an export in Twitch's own layout, or made up. Emotes and emoji are pieces of their own."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# What the drawn fonts hold; a message with anything else is passed over.
DRAWN = re.compile(r"[\x20-\x7e\u00a1-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u3040-\u30ff\u4e00-\u9fff]*")
EMOJI = re.compile(
    "([\u203c\u2049\u2122\u2139\u2190-\u2bff\U0001f000-\U0001faff][\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)"
)
NAMES_CJK = ("さくら", "太郎丸", "ネコ好き", "東京塔", "ミカン箱")
SYLLABLES = tuple(re.findall(r"\w+", "wal rus pan da ket tle zor mi lo bean sky fox neo quil ton jam bo rik vex ash"))
WORDS = tuple(
    re.findall(
        r"\S+",
        """lol no way that is the best run ever why would you do this ok stop he did it again chat what happened just
        got here please jump over the river I think we should vote for bread Doug never reads this far one more time
        skip can't won't didn't 100% true 42 times imagine losing to a duck actually insane first try lmao YES NO
        WAIT turn left (not right) pizza > pasta rip bozo good luck everyone question: how long has it been? 3:07
        """,
    )
)
EMOTE_NAMES = ("Kappa", "LUL", "PogChamp", "BibleThump", "catJAM", "monkaS", "KEKW", "Sadge")
EMOJIS = "\U0001f602\U0001f525\U0001f44d\U0001f480\U0001f346"
# Twitch's own.
PALETTE = tuple(
    re.findall(
        r"#\w+",
        """#ff0000 #0000ff #008000 #b22222 #ff7f50 #9acd32 #ff4500 #2e8b57 #daa520 #d2691e #5f9ea0 #1e90ff #ff69b4
        #8a2be2 #00ff7f""",
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words, or the name of an emote, or an emoji."""

    text: str
    kind: Literal["words", "emote", "emoji"] = "words"


@dataclass(frozen=True, slots=True)
class Said:
    """A message before it is drawn; `color` is the name's, as HTML writes it."""

    name: str
    pieces: tuple[Piece, ...]
    color: str = "#ff7f50"
    badges: int = 0


def endless(seed: int, chat: Path | None, cjk: float) -> Iterator[Said]:
    """Messages without end: a real chat from somewhere in it on, again and again, or made ones."""
    rng = random.Random(f"texts {seed}")  # noqa: S311 - no secret
    lines = _made(rng) if chat is None else _real(chat, rng)
    for said in lines:
        if rng.random() < cjk:
            yield Said(rng.choice(NAMES_CJK), said.pieces, said.color, said.badges)
        else:
            yield said


def _made(rng: random.Random) -> Iterator[Said]:
    people = [_person(rng) for _ in range(60)]
    while True:
        name, color, badges = rng.choice(people)
        count = min(30, 1 + int(rng.expovariate(0.22)))
        pieces = [Piece(" ".join(rng.choice(WORDS) for _ in range(count)))]
        match rng.randrange(10):
            case 0 | 1:
                pieces += [Piece(rng.choice(EMOTE_NAMES), "emote")] * rng.randint(1, 3)
            case 2:
                pieces.insert(0, Piece(rng.choice(EMOTE_NAMES), "emote"))
            case 3:
                pieces.append(Piece(rng.choice(EMOJIS), "emoji"))
            case 4:
                pieces.insert(0, Piece(f"@{rng.choice(people)[0]}"))
        yield Said(name, tuple(pieces), color, badges)


def _person(rng: random.Random) -> tuple[str, str, int]:
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))
    match rng.randrange(4):
        case 0:
            name = name.capitalize()
        case 1:
            name = f"{name}{rng.randrange(1000)}"
        case 2:
            name = f"{name}_{rng.choice(SYLLABLES)}"
    return name[:25], rng.choice(PALETTE), rng.choice((0, 0, 1, 1, 2))


def _real(chat: Path, rng: random.Random) -> Iterator[Said]:
    comments = json.loads(chat.read_bytes())["comments"]
    start = rng.randrange(len(comments))
    while True:
        for comment in comments[start:]:
            said = _from_v5(comment, rng)
            if said is not None:
                yield said
        start = 0


def _from_v5(comment: dict[str, dict[str, object]], rng: random.Random) -> Said | None:
    message = comment["message"]
    pieces: list[Piece] = []
    for fragment in message.get("fragments") or ():  # type: ignore[attr-defined]
        text = str(fragment["text"])
        if fragment.get("emoticon"):
            pieces.append(Piece(text, "emote"))
            continue
        for number, part in enumerate(EMOJI.split(text)):
            words = " ".join(part.split())
            if words:
                pieces.append(Piece(words, "emoji" if number % 2 else "words"))
    name = str(comment["commenter"]["display_name"])
    drawn = all(DRAWN.fullmatch(text) for text in [name, *(one.text for one in pieces if one.kind == "words")])
    if not pieces or not drawn:
        return None
    badges = message.get("user_badges") or []
    color = str(message.get("user_color") or rng.choice(PALETTE))
    return Said(name, tuple(pieces), color, min(3, len(badges)))  # type: ignore[arg-type]
