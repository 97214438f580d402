"""Why replies and turns are left out, each in a phrase for people."""

from dougpt_schema import LINK_MEANINGS

LEFT_OUT = {
    "unknown_event": "the link names a chat event that is not there",
    "unknown_utterance": "the link names an utterance that is not there",
    "turn_rejected": "the turn that it answers was left out",
    "bot": "written by a bot",
    "command": "a command to a bot",
    "not_a_message": "a notice, or deleted",
    "low_confidence": "the link is not probable enough",
    "unsure_reading": "read from the picture without being sure",
    "empty": "nothing that can be seen",
    "short": "shorter than asked for",
    "long": "longer than asked for",
    "emote_only": "too large a part of it is emotes",
    "name": "it holds a chatter's name",
    "reply_to_chatter": "it answers or mentions another chatter",
    "personal_data": "it looks as if it held an e-mail, phone, card or street address",
    "web_address": "it holds a web address",
    "advertising": "it offers something for sale or a channel to follow",
    "offensive": "it holds a slur, harassment or sexual words, by a word list",
    "other_language": "it is in another language than those to keep",
    "over_cap": "the turn has as many replies as are kept",
    "repeated_copypasta": "a long text that an earlier recording has already",
    "no_speech": "the turn has no words",
    "short_prompt": "the turn is shorter than asked for",
    "long_prompt": "the turn is longer than asked for",
    "unaligned_speech": "too many of its words were not found in the sound",
    "uncertain_speech": "the recogniser was not sure of its words",
    "no_response_left": "none of the turn's replies was kept",
    "leaks": "nearly the same was said in a recording of another split",
    "repeated_turn": "nearly the same was said in an earlier recording of the same split",
    "embargo": "too near the border between two splits of one recording",
}


def meaning(reason: str) -> str:
    """Return what a reason of the aligner's or of a filter says; empty where it is neither's."""
    return LEFT_OUT.get(reason) or LINK_MEANINGS.get(reason, "")
