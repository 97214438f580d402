"""Samples as lines of JSON, in the forms that other trainers read.

Each function yields one line at a time, without a line break, the same for the same samples; every
line carries the `sample_id` by which it can be traced back. Trainers ignore columns that they do not know.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from dougpt_schema import SAMPLES, ArrowStream

Form = Literal["burst", "single"]
ROWS_AT_ONCE = 1024


def jsonl(samples: ArrowStream) -> Iterator[str]:
    """Yield each sample as it is, columns by name."""
    for row in _rows(samples):
        yield _line(row)


def prompt_completion_jsonl(samples: ArrowStream, form: Form = "burst") -> Iterator[str]:
    """Yield TRL's conversational prompt-completion rows, to be trained with a completion-only loss.

    Args:
        samples: A table of samples.
        form: "burst" answers a turn with all replies, one a line; "single" gives a row for each reply, with its
            `weight` as a column.
    """
    for row, replies in _answers(samples, form):
        asked, answer = _user(row), _text(replies)
        yield _line(
            {
                "prompt": [{"role": "user", "content": asked}],
                "completion": [{"role": "assistant", "content": answer}],
                **_origin(row, replies, form),
            }
        )


def messages_jsonl(samples: ArrowStream, form: Form = "burst") -> Iterator[str]:
    """Yield rows of `messages`, the conversation with its answer at the end; train on the assistant's words only."""
    for row, replies in _answers(samples, form):
        messages = [{"role": "user", "content": _user(row)}, {"role": "assistant", "content": _text(replies)}]
        yield _line({"messages": messages, **_origin(row, replies, form)})


def sharegpt_jsonl(samples: ArrowStream, form: Form = "burst") -> Iterator[str]:
    """Yield rows of `conversations` with `from` and `value`, which axolotl and LLaMA-Factory read."""
    for row, replies in _answers(samples, form):
        turns = [{"from": "human", "value": _user(row)}, {"from": "gpt", "value": _text(replies)}]
        yield _line({"conversations": turns, **_origin(row, replies, form)})


def llama_factory_info(files: Mapping[str, str]) -> str:
    """Return the text of a `dataset_info.json`, by which LLaMA-Factory finds ShareGPT files.

    Args:
        files: The file of each dataset name.
    """
    tags = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}
    columns = {"messages": "conversations"}
    found = {
        name: {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": tags}
        for name, file in sorted(files.items())
    }
    return json.dumps(found, indent=2) + "\n"


def _rows(samples: ArrowStream) -> Iterator[dict[str, Any]]:
    for batch in SAMPLES.conform(samples).to_batches(max_chunksize=ROWS_AT_ONCE):
        yield from batch.to_pylist()


def _answers(samples: ArrowStream, form: Form) -> Iterator[tuple[dict[str, Any], Sequence[Mapping[str, Any]]]]:
    for row in _rows(samples):
        if form == "burst":
            yield row, row["responses"]
        else:
            yield from ((row, [reply]) for reply in row["responses"])


def _user(row: Mapping[str, Any]) -> str:
    """What the model is asked: the speed of chat, the turns before, and the turn itself, one a line."""
    return "\n".join([f"[chat: {row['rate_bucket']}]", *row["context"], row["prompt"]])


def _text(replies: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(reply["text"] for reply in replies)


def _origin(row: Mapping[str, Any], replies: Sequence[Mapping[str, Any]], form: Form) -> dict[str, Any]:
    origin = {"sample_id": row["sample_id"], "split": row["split"]}
    if form == "single":
        origin |= {"event_id": replies[0]["event_id"], "weight": round(replies[0]["weight"], 4)}
    return origin


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
