"""P12: eight rows, learnt by heart, come back to the letter and stop.

The one check that goes through everything at once: labels, masks, the trainer's loss, the adapter, the stop,
the prompt of generation. A run whose stop is never learnt has a lower loss than a sound one; here it shows.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dougpt_train.base import Base
from dougpt_train.checks.check import Check, judge
from dougpt_train.checks.reading import learnt_ids
from dougpt_train.render import Encoded
from dougpt_train.sampling import draw_tokens
from dougpt_train.settings import TrainSettings
from dougpt_train.trainer import Watcher, make_trainer

ROWS = 8
STEPS = 150
FASTER = 10.0
MOST_RATE = 5e-3
MOST_WRONG = 1
GREEDY = 0.01


def check_canary(base: Base, settings: TrainSettings, rows: Sequence[Encoded], folder: Path) -> Check:
    """Overfit the base on a few rows and ask for them again.

    Args:
        base: A base model with weights.
        settings: The run's settings.
        rows: All training rows; the chosen ones have different prompts and lie far apart.
        folder: A place for the trainer's files, not there yet.
    """
    chosen = _different(rows)
    hasty = replace(
        settings,
        batch_rows=len(chosen),
        accumulate=1,
        processes=1,
        max_steps=STEPS,
        learning_rate=min(MOST_RATE, settings.learning_rate * FASTER),
        dropout=0.0,
        packing=False,
        eval_steps=0,
        save_steps=0,
        patience=0,
    )
    watcher = Watcher(lambda *_: None, 0, folder)
    trainer = make_trainer(base, hasty, chosen * STEPS, folder=folder, watcher=watcher)
    trainer.train()
    answers = _answers(trainer.model.eval(), base, chosen)
    exact = sum(answer == learnt_ids(row) for answer, row in zip(answers, chosen, strict=True))
    stopped = sum(bool(answer) and answer[-1] in base.stop_ids for answer in answers)
    loss = next((entry["loss"] for entry in reversed(trainer.state.log_history) if "loss" in entry), None)
    facts = {"rows": len(chosen), "exact": exact, "stopped": stopped, "loss": loss}
    found = f"after {STEPS} steps on {len(chosen)} rows {exact} come back to the letter and {stopped} stop"
    return Check("P12", "canary", judge(failed=exact < len(chosen) - MOST_WRONG or stopped < len(chosen)), found, facts)


def _different(rows: Sequence[Encoded]) -> list[Encoded]:
    by_prompt = list({row.row.user: row for row in rows}.values())
    step = max(1, len(by_prompt) // ROWS)
    return by_prompt[::step][:ROWS]


def _answers(model: object, base: Base, rows: Sequence[Encoded]) -> list[list[int]]:
    answers: list[list[int]] = [[] for _ in rows]
    steps = draw_tokens(
        model,
        [row.prompt_ids for row in rows],
        [("canary",)] * len(rows),
        pad_id=base.tokenizer.pad_token_id or 0,
        stop_ids=frozenset(base.stop_ids),
        most=2 * max(len(learnt_ids(row)) for row in rows),
        temperature=GREEDY,
        top_p=GREEDY,
    )
    for step in steps:
        for answer, token in zip(answers, step, strict=True):
            if token is not None:
                answer.append(token)
    return answers
