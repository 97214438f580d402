"""Samples in which what chat answers depends on what was said, and the smallest run that is still one."""

import random

import pyarrow as pa
from dougpt_schema import SAMPLES
from dougpt_train import TrainSettings

SMALL = TrainSettings(
    device="cpu",
    single_share=0.5,
    context_lines=2,
    prompt_tokens=160,
    epochs=1,
    max_steps=6,
    batch_rows=4,
    log_steps=2,
    eval_steps=3,
    reply_tokens=48,
    tiny_vocabulary=512,
    tiny_width=64,
    tiny_layers=2,
    tiny_steps=12,
    tiny_batch_rows=8,
)

THINGS = ("boss", "toaster", "giraffe", "bridge", "goat", "banana")
ANSWERS = {"should": ("yes {}", "no {}", "do it"), "lost to": ("Sadge", "{} wins", "gg")}


def make_samples(seed: int, n_recordings: int, turns: int, split: str = "train") -> pa.Table:
    """Turns of made-up recordings; `seed` decides them, ids included."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    rows = []
    for at in range(n_recordings):
        context: list[str] = []
        for turn in range(turns):
            thing, kind = draw.choice(THINGS), draw.choice(sorted(ANSWERS))
            prompt = f"we {kind} the {thing} again"
            replies = [draw.choice(ANSWERS[kind]).format(thing) for _ in range(draw.choice((1, 2, 3, 5)))]
            rows.append(
                {
                    "sample_id": f"{seed:02x}{at:06x}{turn:08x}",
                    "recording_id": f"{seed:08x}{at:08x}",
                    "split": split,
                    "context": context[-2:],
                    "prompt": prompt,
                    "responses": [
                        {
                            "event_id": f"e{turn}-{place}",
                            "text": text,
                            "style": "plain",
                            "weight": draw.choice((1.0, 1.0, 0.5)),
                            "confidence": 0.9,
                            "multiplicity": 1,
                        }
                        for place, text in enumerate(replies)
                    ],
                    "rate_bucket": draw.choice(("slow", "fast")),
                    "utterance_ids": [turn],
                    "links_fingerprint": "0" * 64,
                }
            )
            context.append(prompt)
    return SAMPLES.table(rows)
