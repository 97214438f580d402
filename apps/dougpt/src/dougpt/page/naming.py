"""What measures and contenders are called where people read."""

MODEL, BASE, FEW_SHOT, TFIDF, CEILING = "model", "base", "base_few_shot", "tfidf", "another_minute"

NAMES = {
    MODEL: "the measured model",
    "real chat": "real chat",
    "characters": "characters",
    "words": "words",
    "character_ngram": "character n-gram",
    "word_ngram": "word n-gram",
    "markov": "Markov chain (markovify)",
    BASE: "base model, the same prompt",
    FEW_SHOT: "base model, a few examples",
    "messages": "most frequent message",
    "emotes": "single emotes",
    "retrieval": "BM25 retrieval",
    TFIDF: "tf-idf ranker",
    CEILING: "real chat, another minute",
}
TITLES = {
    "bits_per_byte": "bits per byte",
    "prompt_gain": "prompt gain",
    "two_sample_auc": "told apart (AUC)",
    "mauve": "MAUVE",
    **{
        f"{name}_{score}": f"{title}{by}"
        for score, by in (("logprob", ""), ("per_byte", " by byte"), ("pmi", " by PMI"))
        for name, title in (
            ("mrr", "MRR"),
            ("hits_at_1", "first"),
            ("hits_at_5", "in five"),
            ("gain", "MRR gain"),
        )
    },
}
LIKENESS = (
    "trigram_divergence",
    "word_divergence",
    "emote_divergence",
    "style_divergence",
    "length_distance",
    "burst_distance",
    "two_sample_auc",
    "mauve",
)


def name_of(contender: str) -> str:
    """Return what a contender is called."""
    return NAMES.get(contender, contender)


def title_of(measure: str) -> str:
    """Return what a measure is called."""
    return TITLES.get(measure, measure.replace("_", " "))
