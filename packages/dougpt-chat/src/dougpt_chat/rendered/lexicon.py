"""Words of chats that no dictionary has, and that engines misread: l is taken for I before a consonant."""

import re

CHAT_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    lmao lmfao lol lul LULW LMAO LMFAO LOL LUL lmk lfg lgtm ily ikr irl imo imho idk idc iirc IIRC IRL IDK IMO
    ngl tbh gg ggs wp brb afk btw fyi omg omfg wtf wth smh rofl pog pogs poggers POG kek KEKW monkaS monkaW
    xd XD uwu owo sus based cringe copium hopium clueless aware sadge madge peepo ratio clip clips
    """,
    )
)
