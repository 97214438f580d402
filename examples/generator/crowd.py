"""The people in the chat: invented names, a few who write all the time, many who hardly ever do."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from generator.dice import around, dice
from generator.lexicon import records

CHANNEL_ID = "9004000001"
CHANNEL_LOGIN = "barnaby_plays_pretend"
CHANNEL_NAME = "Barnaby_Plays_Pretend"
PEOPLE = 460


@dataclass(frozen=True)
class Viewer:
    """One person: who they are on Twitch, and how fast, how often and in what manner they write.

    `delay_s` is what their player lags behind the fastest, `keys_per_s` how fast they type, `activity` how often they
    write, in no unit; `shouts`, `emotes` and `slips` are shares of their messages.
    """

    login: str
    display: str
    user_id: str
    color: str | None
    badges: tuple[tuple[str, str], ...]
    joined: str
    bio: str | None
    delay_s: float
    keys_per_s: float
    reaction_s: float
    activity: float
    shouts: float
    emotes: float
    slips: float

    @property
    def spoken(self) -> str:
        """The name as somebody would read it out."""
        return self.login.replace("_", " ").strip("x0123456789 ") or self.login


def _bot(display: str, user_id: str, color: str, joined: str) -> Viewer:
    badges = (("moderator", "1"), ("partner", "1"))
    return Viewer(
        login=display.lower(), display=display, user_id=user_id, color=color, badges=badges, joined=joined, bio=None,
        delay_s=0, keys_per_s=90, reaction_s=0.3, activity=0, shouts=0, emotes=0, slips=0,
    )  # fmt: skip


NIGHTBOT = _bot("Nightbot", "9001000001", "#7C7CE1", "2012-02-29T05:28:19.241Z")
STREAMELEMENTS = _bot("StreamElements", "9001000002", "#5B99FF", "2015-08-21T00:19:06.112Z")


@cache
def everybody() -> tuple[Viewer, ...]:
    """Everyone who ever wrote in this channel, the most active first."""
    rng = dice("crowd")
    localised = [(display, login) for display, login in records("people")["localised"]]
    names = list(dict.fromkeys((*localised, *(_name(rng) for _ in range(PEOPLE)))))
    rng.shuffle(names)
    return tuple(_viewer(rank, display, login, rng) for rank, (display, login) in enumerate(names))


def attendance(rng: random.Random, share: float = 0.4) -> Sequence[Viewer]:
    """Those who are there today; regulars are there more often than not."""
    return [viewer for rank, viewer in enumerate(everybody()) if rng.random() < (0.85 if rank < 30 else share)]


def _name(rng: random.Random) -> tuple[str, str]:
    first, second = rng.choice(records("people")["first"]), rng.choice(records("people")["second"])
    number = str(rng.randrange(10, 1000))
    display = rng.choice(
        (
            f"{first}_{second}{number}",
            f"{first.title()}{second.title()}{number}",
            f"{first}{second}{number}",
            f"{second.title()}_{first.title()}{number}",
            f"xX_{first}{second}_Xx{number[0]}",
            f"{first}_the_{second}{number[0]}",
        )
    )
    return display, display.lower()


def _viewer(rank: int, display: str, login: str, rng: random.Random) -> Viewer:
    badges = []
    if rank < 25 and rng.random() < 0.2:
        badges.append(("moderator", "1"))
    elif rng.random() < 0.04:
        badges.append(("vip", "1"))
    if rng.random() < (0.8 if rank < 80 else 0.3):
        badges.append(("subscriber", rng.choice(["0", "2", "3", "6", "9", "12", "18", "24"])))
    if rng.random() < 0.15:
        badges.append((rng.choice(["premium", "bits", "no_video", "turbo"]), "1"))
    joined = datetime(2013, 1, 1, tzinfo=UTC) + timedelta(
        days=rng.randrange(4300), microseconds=rng.randrange(86_400_000_000)
    )
    return Viewer(
        login=login,
        display=display,
        user_id=str(9_010_000_000 + rng.randrange(900_000_000)),
        color=None if rng.random() < 0.12 else rng.choice(records("people")["colors"]),
        badges=tuple(badges),
        joined=joined.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        bio=rng.choice(records("people")["bios"]) if rng.random() < 0.15 else None,
        delay_s=min(around(rng, 0.45, 0.8), 5.0),
        keys_per_s=around(rng, 5.5, 0.35),
        reaction_s=around(rng, 1.25, 0.3),
        activity=1 / (rank + 6) ** 0.85,
        shouts=min(around(rng, 0.05, 1.0), 0.6),
        emotes=min(around(rng, 0.12, 0.9), 0.8),
        slips=min(around(rng, 0.02, 0.9), 0.2),
    )
