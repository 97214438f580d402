"""Slurs, harassment and sexual words, told by the word list of badwords-py; ordinary swearing stays.

The list reads letters written as digits and drawn-out letters (`r3t4rd`, `reeetard`), and matches whole words, so that
a `classic` is none. A list knows words and no meanings: what is cruel in plain words passes, and a quotation does not.
"""

from collections.abc import Sequence

import polars as pl
from badwords import Match, NotSupportedLanguage, Options, ProfanityFilter
from dougpt_schema import DougptError

from dougpt_curate.settings import CurateSettings

AS_WRITTEN_IN_CHAT = Options(leetspeak=True, collapse_repeats=True, split_on_punctuation=True, max_matches=8)


class UnknownWordListError(DougptError):
    """There is no word list for a language."""


class OffensiveWords:
    """A word list, less the words that may stay, and the phrases that a list of words lacks.

    Raises:
        UnknownWordListError: There is no list for a language of the settings.
    """

    def __init__(self, settings: CurateSettings) -> None:
        self._list = ProfanityFilter()
        try:
            self._list.init(languages=list(settings.offensive_languages))
        except NotSupportedLanguage as error:
            raise UnknownWordListError(f"curate.offensive_languages: {error}") from error
        self._list.add_words(list(settings.offensive_also))
        self._allowed = frozenset(settings.offensive_allowed)

    def contained(self, texts: pl.Series) -> pl.Series:
        """Return whether each text holds such a word; each different text is looked at once."""
        different = texts.unique().drop_nulls()
        found = self._list.find_many(different.to_list(), options=AS_WRITTEN_IN_CHAT)
        bad = [text for text, matches in zip(different, found, strict=True) if self._offends(matches)]
        return texts.is_in(bad).fill_null(value=False)

    def _offends(self, matches: Sequence[Match]) -> bool:
        return any(match.word not in self._allowed for match in matches)
