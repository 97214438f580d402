"""What kind of event a message is: deleted, notice, bot, command, action or message, the first that applies."""

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ChatKind

from dougpt_chat.authors import fold
from dougpt_chat.settings import ChatSettings

# Accounts that programs write from, in very many channels. A channel's own bots go into the setting `bots`.
BOTS = frozenset(
    {
        "ankhbot",
        "blerp",
        "botisimo",
        "botrixoficial",
        "buttsbot",
        "coebot",
        "commanderroot",
        "creatisbot",
        "deepbot",
        "dixperbro",
        "fossabot",
        "frostytoolsdotcom",
        "hnlbot",
        "kofistreambot",
        "lolrankbot",
        "lumiastream",
        "mikuia",
        "mirrobot",
        "mixitupapp",
        "moobot",
        "nightbot",
        "ohbot",
        "own3d",
        "phantombot",
        "playwithviewersbot",
        "pokemoncommunitygame",
        "potatbotat",
        "priestbot",
        "rainmaker",
        "restreambot",
        "revlobot",
        "scottybot",
        "sery_bot",
        "songlistbot",
        "soundalerts",
        "stay_hydrated_bot",
        "streamcaptainbot",
        "streamelements",
        "streamjar",
        "streamlabs",
        "streamstickers",
        "supibot",
        "tangiabot",
        "titlechange_bot",
        "vivbot",
        "wizebot",
        "xanbot",
    }
)


def bot_names(settings: ChatSettings) -> frozenset[str]:
    """Return the folded logins that programs write from, by the built-in list and the settings."""
    return (BOTS | {fold(name) for name in settings.bots}) - {fold(name) for name in settings.not_bots}


def kinds_of(
    text: pa.Array, *, deleted: pa.Array, notice: pa.Array, bot: pa.Array, action: pa.Array, prefixes: Iterable[str]
) -> pa.Array:
    """Return the kind of each event from its staged text and its marks, one boolean each."""
    command = pc.match_substring_regex(text, _command_pattern(prefixes))
    return pc.case_when(
        pc.make_struct(deleted, notice, bot, command, action),
        ChatKind.DELETED.value,
        ChatKind.NOTICE.value,
        ChatKind.BOT.value,
        ChatKind.COMMAND.value,
        ChatKind.ACTION.value,
        ChatKind.MESSAGE.value,
    )


def _command_pattern(prefixes: Iterable[str]) -> str:
    literal = "|".join(re.escape(prefix) for prefix in prefixes)
    return rf"^(?:{literal})[\pL\pN_]" if literal else r"[^\s\S]"
