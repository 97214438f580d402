"""An answer that comes in pieces: some servers stream whatever they are asked (transformers serve 4.57 is one)."""

import json
from collections.abc import Iterator
from typing import Any

MARK = "data:"
END = "[DONE]"


def assembled(text: str) -> dict[str, Any]:
    """Return the pieces of a server-sent answer as the one answer that it would have been.

    Raises:
        ValueError: A piece is no JSON object.
    """
    written: list[str] = []
    finish = None
    for piece in _pieces(text):
        if not isinstance(piece, dict):
            raise ValueError(f"a piece is no object: {str(piece)[:80]}")
        if "error" in piece or not isinstance(piece.get("choices"), list):
            return piece
        for choice in piece["choices"][:1]:
            written.append((choice.get("delta") or {}).get("content") or choice.get("text") or "")
            finish = choice.get("finish_reason") or finish
    whole = "".join(written)
    return {"choices": [{"message": {"content": whole}, "text": whole, "finish_reason": finish}]}


def _pieces(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        if line.startswith(MARK) and (content := line[len(MARK) :].strip()) != END:
            yield json.loads(content)
