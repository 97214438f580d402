"""What curation may be told. Importing this loads nothing heavy; every field carries its help text."""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum


class Style(StrEnum):
    """What kind of reply it is, by the transparent rules of `style.py`; the first that applies, in this order."""

    COMMAND = "command"
    COPYPASTA = "copypasta"
    EMOTE = "emote"
    SPAM = "spam"
    QUESTION = "question"
    ECHO = "echo"
    BACKSEAT = "backseat"
    ANSWER = "answer"
    PLAIN = "plain"


TARGET_MIX = {
    Style.COMMAND.value: 0.01,
    Style.COPYPASTA.value: 0.03,
    Style.EMOTE.value: 0.16,
    Style.SPAM.value: 0.05,
    Style.QUESTION.value: 0.12,
    Style.ECHO.value: 0.06,
    Style.BACKSEAT.value: 0.07,
    Style.ANSWER.value: 0.2,
    Style.PLAIN.value: 0.3,
}


# Words of the list that stay: ordinary swearing, which is half of how chat talks, and words that games use.
_SWEARING = (
    "5hit a55 apeshit arse ass asses azz balls bareback bastard bastards batshit bloody bollocks bondage "
    "boob boobs bugger bullshit bum butt circlejerk clusterfuck cock cocks cracka crap crapping crappy "
    "d1ck dafuq dammit damn damned damnit dick dickhead dicks dingleberry dink dipshit dogshit domination "
    "dumbass dumbfuck ecchi escort fanny fatass fck fcked fcking fecal flange fuc fucc fuck fucked fucker "
    "fuckers fuckery fuckin fucking fuckk fucks fuckup fuk fuking fuq god-damned godamn goddam goddammit "
    "goddamn goddamned hardcore hell hooker humping jackass jackshit jerkoff kinky lust mofo mong "
    "mothafucka motherfucker motherfucking nog nsfw pecker piss pissed pisser pissing pissoff playboy "
    "poop prick pricks sadism screwing scumbag sh1t shag shat shit shite shitface shithead shithole "
    "shitload shitpost shitposting shits shitshow shitstorm shitted shitter shittier shittiest shitting "
    "shitty skeet smartass smut snatch snowballing son-of-a-bitch sonofabitch stfu suck sucks swinger "
    "topless turd twat wang wank wanker wankers bitch bitches bitching bitchy"
)
SWEARING = (
    *_SWEARING.split(),
    "big black",
    "deep throat",
    "doggy style",
    "god damn",
    "jerk off",
    "piece of shit",
    "son of a bitch",
)
HARASSMENT = (
    "kill yourself",
    "kill urself",
    "kill ur self",
    "kill your self",
    "hope you get cancer",
    "hope u get cancer",
    "hang yourself",
    "end your life",
    "hope you die",
    "hope u die",
    "neck yourself",
    "rope yourself",
)


LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class ExpectSettings:
    """What a dataset must be; where it is not, the pipeline stops with exit code 3."""

    min_acceptance: float = field(
        default=0.0, metadata={"help": "The share of chat events accepted as answers, at least."}
    )
    max_acceptance: float = field(
        default=0.95, metadata={"help": "The same, at most: a chat that answers always was hardly judged."}
    )
    min_kept: float = field(
        default=0.1, metadata={"help": "The share of accepted replies that filters keep, at least."}
    )
    max_duplicates: float = field(
        default=0.9, metadata={"help": "The share of accepted replies that are merged as copies, at most."}
    )
    max_leaks: int = field(default=0, metadata={"help": "Prompts that nearly repeat one of another split, at most."})
    leak_similarity: float = field(
        default=0.7, metadata={"help": "From this Jaccard similarity on a prompt repeats another; 0: not looked for."}
    )
    leak_words: int = field(default=8, metadata={"help": "Shorter prompts are alike by chance and no leak."})
    min_clock_margin: float = field(
        default=0.0, metadata={"help": "The margin of each recording's clock over the second best one, at least."}
    )
    min_samples: dict[str, int] = field(
        default_factory=lambda: {"train": 1}, metadata={"help": "split -> how many samples it has at least."}
    )
    max_style_share: dict[str, float] = field(
        default_factory=lambda: {Style.EMOTE.value: 0.6, Style.SPAM.value: 0.3, Style.COPYPASTA.value: 0.3},
        metadata={"help": "style -> its share among the replies as they are sampled, at most."},
    )

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: A share is outside [0, 1], or a split or style does not exist.
        """
        shares = ("min_acceptance", "max_acceptance", "min_kept", "max_duplicates", "leak_similarity")
        for name in shares:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, not in [0, 1]")
        if unknown := sorted(set(self.min_samples) - {"train", "validation", "test"}):
            raise ValueError(f"min_samples names the split {unknown[0]!r}; there are train, validation and test")
        if unknown := sorted(set(self.max_style_share) - set(Style)):
            raise ValueError(f"max_style_share names the style {unknown[0]!r}; there are {', '.join(Style)}")


@dataclass(frozen=True, slots=True)
class CurateSettings:
    """How links become samples. Shares and probabilities lie in [0, 1]; 0 switches a cap off where it says so."""

    channel: str = field(default="", metadata={"help": "The channel that the profile is written for."})
    seed: int = field(default=18, metadata={"help": "Decides which recordings are held out where no date does."})

    context_s: float = field(default=60.0, metadata={"help": "Earlier turns that end at most so long before a prompt."})
    context_words: int = field(default=120, metadata={"help": "Earlier turns have at most so many words together."})
    rate_window_s: float = field(
        default=30.0, metadata={"help": "Chat's rate is counted over the turn and this much before and after it."}
    )
    slow_below: float = field(default=15.0, metadata={"help": "Chat is 'slow' below so many messages a minute,"})
    steady_below: float = field(default=60.0, metadata={"help": "'steady' below so many,"})
    fast_below: float = field(default=240.0, metadata={"help": "'fast' below so many, and 'flood' from there on."})

    min_confidence: float = field(default=0.5, metadata={"help": "Links of a smaller probability are left out."})
    min_reading: float = field(
        default=0.5, metadata={"help": "Messages read from the picture with a smaller confidence are left out."}
    )
    min_characters: int = field(default=1, metadata={"help": "Shorter replies are left out."})
    max_characters: int = field(default=300, metadata={"help": "Longer replies are left out; 0: none."})
    max_emote_share: float = field(
        default=1.0,
        metadata={"help": "Replies of which emotes make up a larger share are left out; 1 keeps them all."},
    )
    max_responses: int = field(default=0, metadata={"help": "Later replies to one turn are left out; 0: none."})
    drop_links: bool = field(default=True, metadata={"help": "Leave out replies that hold a web address."})
    drop_personal_data: bool = field(
        default=True,
        metadata={"help": "Leave out replies, turns and context that look like e-mail, phone, card, IP or street."},
    )
    drop_advertising: bool = field(
        default=True,
        metadata={"help": "Leave out replies that offer viewers, discounts, promotion or their own channel."},
    )
    drop_offensive: bool = field(
        default=True,
        metadata={
            "help": "Leave out replies, turns and context with slurs, sexual words or harassment, by the word list of "
            "badwords-py."
        },
    )
    offensive_languages: tuple[str, ...] = field(
        default=("en",),
        metadata={"help": "The word lists to use, by code of the language, such as en, de, es, fr, ru."},
    )
    offensive_allowed: tuple[str, ...] = field(
        default=SWEARING,
        metadata={"help": "Words of the lists that may stay: by default ordinary swearing and words of games."},
    )
    offensive_also: tuple[str, ...] = field(
        default=HARASSMENT, metadata={"help": "Words and phrases to leave out that the lists do not have."}
    )
    languages: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Languages to keep, by ISO 639-1 code, such as en; empty keeps all. Takes dougpt-curate[language]."
        },
    )
    language_words: int = field(
        default=4, metadata={"help": "Replies of fewer different words are never judged by their language."}
    )
    min_language_confidence: float = field(
        default=0.8, metadata={"help": "A reply in another language is left out where the model is at least so sure."}
    )
    drop_replies_to_chatters: bool = field(
        default=True, metadata={"help": "Leave out replies that answer or name another chatter."}
    )
    min_prompt_words: int = field(default=1, metadata={"help": "Shorter turns are left out."})
    max_prompt_words: int = field(default=200, metadata={"help": "Longer turns are left out; 0: none."})
    max_unaligned_share: float = field(
        default=0.5, metadata={"help": "Turns of which more words are not aligned to the sound are left out."}
    )
    min_speech_probability: float = field(
        default=0.3, metadata={"help": "Turns that the recogniser was less sure of are left out, where it says so."}
    )

    copypasta_characters: int = field(
        default=20, metadata={"help": "Repeated replies count as copypasta from this length on."}
    )
    copypasta_window_s: float = field(
        default=300.0, metadata={"help": "Copypasta is kept once as long as it comes back within this time."}
    )
    copypasta_multiplicity: int = field(
        default=3, metadata={"help": "So many copies of a long reply make it copypasta in style."}
    )

    copypasta_across: bool = field(
        default=True,
        metadata={"help": "Copypasta of several training recordings is kept once, in the one that came first."},
    )

    near_similarity: float = field(
        default=0.55,
        metadata={
            "help": "Replies whose groups of three characters agree by this Jaccard similarity are copies, in a turn "
            "and, where long enough for copypasta, within its time; 0: only exact copies."
        },
    )
    near_characters: int = field(
        default=12, metadata={"help": "Shorter replies are near-copies only where letters are drawn out differently."}
    )
    leak_similarity: float = field(
        default=0.7,
        metadata={
            "help": "Turns whose groups of three characters agree by this Jaccard similarity are the same moment in "
            "two recordings and stay in one of them; 0: not looked for."
        },
    )
    leak_words: int = field(
        default=8, metadata={"help": "From so many words on a prompt alone may not stand in two splits."}
    )

    target_mix: dict[str, float] = field(
        default_factory=lambda: dict(TARGET_MIX),
        metadata={"help": "style -> its share among the replies trained on; more of it is sampled less often."},
    )
    min_weight: float = field(default=0.02, metadata={"help": "No reply is sampled more rarely than this."})
    balance_prior: float = field(
        default=20.0, metadata={"help": "So many imagined replies of the target mix steady a short recording's own."}
    )
    max_author_share: float = field(
        default=0.1, metadata={"help": "A chatter with a larger share of a recording's replies is sampled less often."}
    )

    blocks_below: int = field(
        default=5,
        metadata={"help": "Fewer recordings than this are divided in time, where nothing else is said of them."},
    )
    embargo_s: float = field(
        default=120.0, metadata={"help": "Turns so near a border in time between two splits are left out."}
    )
    suite: int = field(
        default=0,
        metadata={
            "help": "The version of the holdout to keep: held-out samples that changed are refused with exit code "
            "4. 0: they make the next version, of which no result compares with one on the version before."
        },
    )
    test_share: float = field(default=0.1, metadata={"help": "The share of recordings held out for test."})
    validation_share: float = field(default=0.08, metadata={"help": "The share of recordings held out for validation."})

    expect: ExpectSettings = field(
        default_factory=ExpectSettings, metadata={"help": "What the dataset must be before anything is trained on it."}
    )

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: A field is outside its range, or `target_mix` is no mix of styles; the message names it.
        """
        _refuse_ranges(self)
        _refuse_languages(self)
        _refuse_mix(self.target_mix)
        if not 0 < self.slow_below < self.steady_below < self.fast_below:
            raise ValueError("slow_below, steady_below and fast_below do not rise")
        if self.test_share + self.validation_share >= 1:
            raise ValueError("test_share and validation_share leave nothing to train on")


def _refuse_ranges(settings: CurateSettings) -> None:
    for name in _SHARES:
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f"{name} is {getattr(settings, name)}, not in [0, 1]")
    for name in _NOT_NEGATIVE:
        if not 0 <= getattr(settings, name) < math.inf:
            raise ValueError(f"{name} is {getattr(settings, name)}, not a number of at least 0")
    for name in ("min_weight", "max_author_share"):
        if not 0 < getattr(settings, name) <= 1:
            raise ValueError(f"{name} is {getattr(settings, name)}, not in (0, 1]")
    if settings.copypasta_multiplicity < 2:
        raise ValueError(f"copypasta_multiplicity is {settings.copypasta_multiplicity}, not at least 2")


def _refuse_languages(settings: CurateSettings) -> None:
    for name in ("languages", "offensive_languages"):
        if wrong := [code for code in getattr(settings, name) if not LANGUAGE.fullmatch(code)]:
            raise ValueError(f"{name} holds {wrong[0]!r}, which is no code of a language such as en, de or pt-br")


def _refuse_mix(mix: dict[str, float]) -> None:
    if unknown := sorted(set(mix) - set(Style)):
        raise ValueError(f"target_mix names the style {unknown[0]!r}; there are {', '.join(Style)}")
    if any(share < 0 for share in mix.values()) or not math.isclose(sum(mix.values()), 1, abs_tol=1e-6):
        raise ValueError("the shares of target_mix do not add up to 1")


_SHARES = (
    "min_confidence",
    "min_reading",
    "max_emote_share",
    "near_similarity",
    "leak_similarity",
    "max_unaligned_share",
    "min_speech_probability",
    "min_language_confidence",
    "test_share",
    "validation_share",
)
_NOT_NEGATIVE = (
    "seed",
    "context_s",
    "context_words",
    "rate_window_s",
    "min_characters",
    "max_characters",
    "max_responses",
    "min_prompt_words",
    "max_prompt_words",
    "copypasta_characters",
    "copypasta_window_s",
    "near_characters",
    "language_words",
    "leak_words",
    "blocks_below",
    "embargo_s",
    "suite",
    "balance_prior",
)
