"""Texts to tokens and back, as a tokenizer's own backend does it, and the texts that a tokenizer takes for control."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

THINKING = ("<think>", "</think>")


def tokenised(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """Return the tokens of texts that hold their control tokens already: nothing is put in front or behind."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or not hasattr(backend, "encode_batch_fast"):
        return [list(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]] if texts else []
    backend.no_truncation()  # a tokenizer.json may ask for both
    backend.no_padding()
    return [found.ids for found in backend.encode_batch_fast(texts, add_special_tokens=False)]


def tokenised_in_turn(tokenizer: Any, chunks: Iterable[list[str]]) -> Iterator[list[int]]:
    """Yield the tokens of rendered texts; a chunk is tokenised while the next one is being rendered."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: Future[list[list[int]]] | None = None
        for texts in chunks:
            following = pool.submit(tokenised, tokenizer, texts)
            if waiting is not None:
                yield from waiting.result()
            waiting = following
        if waiting is not None:
            yield from waiting.result()


def texts_of(tokenizer: Any, rows: Sequence[Sequence[int]]) -> list[str]:
    """Return what each row of tokens says, control tokens included."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return list(tokenizer.batch_decode(rows, clean_up_tokenization_spaces=False)) if rows else []
    return list(backend.decode_batch([list(ids) for ids in rows], skip_special_tokens=False))


def control_tokens(tokenizer: Any) -> re.Pattern[str] | None:
    """Find the texts that would become control tokens if a viewer typed them: special ones and the template's own."""
    template = tokenizer.chat_template or ""
    texts = {
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if (token.special or token.content in template) and len(token.content) > 1 and not token.content.isspace()
    }
    texts |= {mark for mark in THINKING if mark in template}  # templates cut answers at these, tokens or not
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))) if texts else None
