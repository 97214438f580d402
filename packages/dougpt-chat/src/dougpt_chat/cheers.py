"""Cheers: words such as Cheer100, shown as animated pictures, where bits were paid for them."""

import re

# Those of the whole platform. A channel's own prefix is known by its number, which is that of the bits.
PREFIXES = frozenset(
    {
        "4head",
        "anon",
        "bday",
        "biblethump",
        "bitboss",
        "bleedpurple",
        "bonus",
        "charity",
        "cheer",
        "cheerwhal",
        "corgo",
        "dansgame",
        "doodlecheer",
        "elegiggle",
        "failfish",
        "frankerz",
        "goal",
        "heyguys",
        "holidaycheer",
        "kappa",
        "kreygasm",
        "mrdestructoid",
        "muxy",
        "notlikethis",
        "party",
        "pjsalt",
        "pride",
        "ripcheer",
        "scoops",
        "seemsgood",
        "shamrock",
        "showlove",
        "streamlabs",
        "swiftrage",
        "trihard",
        "uni",
        "vohiyo",
    }
)
CHEER = re.compile(r"(\w*[^\W\d])([1-9]\d{0,6})", re.ASCII)


def cheers_in(text: str, bits: int) -> frozenset[str]:
    """Return the words of a message with `bits` that are cheers."""
    words = {word: CHEER.fullmatch(word) for word in text.split()}
    return frozenset(
        word
        for word, match in words.items()
        if match is not None and (match[1].lower() in PREFIXES or int(match[2]) == bits)
    )
