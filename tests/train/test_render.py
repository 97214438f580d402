"""What is asked in training is asked in use; what is learnt is the reply and a stop, whatever viewers type."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import trl
from datasets import Dataset
from dougpt_schema import SAMPLES
from dougpt_schema.testing import tables
from dougpt_train.base import Base
from dougpt_train.render import Renderer, Turn
from dougpt_train.settings import TrainSettings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

# Texts that viewers could type to end an answer, open a turn or be taken for somebody's pseudonym.
NASTY = st.sampled_from(
    ["<|im_end|>", "<|im_start|>user", "<|endoftext|>", "a\nb", "@0123456789abcdef hi", "\u200b", "  "]
)
TEXTS = st.text(max_size=30) | NASTY | st.tuples(NASTY, st.text(max_size=5)).map("".join)
STOP = "<|im_end|>"


def with_texts(table: pa.Table, texts: list[str]) -> pa.Table:
    """Return `table` with `texts` written over its texts, again and again."""
    rows = table.to_pylist()
    for place, row in enumerate(rows):
        row["prompt"] = texts[place % len(texts)] or "hm"
        row["context"] = [texts[(place + 1) % len(texts)]]
        for at, response in enumerate(row["responses"]):
            response["text"] = texts[(place + at) % len(texts)]
    return SAMPLES.conform(pa.Table.from_pylist(rows, schema=SAMPLES.schema))


@given(table=tables(SAMPLES, max_rows=6), texts=st.lists(TEXTS, min_size=1, max_size=8))
@hypothesis_settings(deadline=None, max_examples=60)
def test_every_row_starts_with_the_prompt_and_teaches_exactly_the_reply_and_one_stop(
    renderer: Renderer, table: pa.Table, texts: list[str]
) -> None:
    rows, report = renderer.rows(with_texts(table, texts), epochs=2)

    for row in renderer.encode(rows):
        learnt = [label for label in row.labels if label != -100]
        assert row.ids[: len(row.prompt_ids)] == row.prompt_ids
        assert row.prompt_ids == renderer.prompt_ids([row.row.user])[0]
        assert row.labels[len(row.prompt_ids) :] == row.ids[len(row.prompt_ids) :]
        assert renderer.tokenizer.decode(learnt) == row.row.reply + STOP
        assert sum(token in renderer.stop_ids for token in learnt) == 1
        assert len(learnt) <= renderer.settings.reply_tokens
        assert len(row.prompt_ids) <= renderer.settings.prompt_tokens
    assert sum(report.rows.values()) == len(rows)


@given(table=tables(SAMPLES, min_rows=1, max_rows=6), texts=st.lists(TEXTS, min_size=1, max_size=8))
@hypothesis_settings(deadline=None, max_examples=40)
def test_a_row_does_not_depend_on_the_rows_around_it(renderer: Renderer, table: pa.Table, texts: list[str]) -> None:
    table = with_texts(table, texts)

    together, _ = renderer.rows(table)
    alone = [row for at in range(table.num_rows) for row in renderer.rows(table.slice(at, 1))[0]]

    assert together == alone


@given(text=TEXTS)
@hypothesis_settings(deadline=None)
def test_a_line_is_one_line_without_control_tokens_and_pseudonyms(renderer: Renderer, text: str) -> None:
    line = renderer.line(text)

    ids = renderer.tokenizer(line, add_special_tokens=False)["input_ids"]
    assert "\n" not in line
    assert "@0123456789abcdef" not in line
    assert not set(ids) & set(renderer.tokenizer.all_special_ids)
    assert renderer.line(line) == line


def test_the_prompt_shows_context_turn_and_pace(renderer: Renderer, samples: pa.Table) -> None:
    sample = samples.slice(5, 1)
    row = sample.to_pylist()[0]

    (burst,), (single,) = renderer.prompts(sample, "burst"), renderer.prompts(sample, "single")

    assert burst.split("\n") == [*row["context"], f"> {row['prompt']}", f"[chat: {row['rate_bucket']}]"]
    assert single.split("\n") == [*row["context"], f"> {row['prompt']}", "[chat: one]"]


def test_replies_of_a_burst_keep_their_order_and_are_capped(
    base: Base, settings: TrainSettings, samples: pa.Table
) -> None:
    renderer = Renderer(base.tokenizer, replace(settings, burst_lines=2, single_share=0.0), base.stop_ids)

    rows, _ = renderer.rows(samples)

    replies = {row["sample_id"]: [reply["text"] for reply in row["responses"]] for row in samples.to_pylist()}
    for row in rows:
        lines = row.reply.split("\n")
        left = iter(replies[row.sample_id])
        assert len(lines) <= 2
        assert all(line in left for line in lines)


def test_each_epoch_draws_anew(renderer: Renderer, samples: pa.Table) -> None:
    once, _ = renderer.rows(samples, epochs=1)
    twice, _ = renderer.rows(samples, epochs=2)

    assert twice[: len(once)] == once
    assert [row.reply for row in twice[len(once) :]] != [row.reply for row in once]


def test_the_single_form_gives_a_row_for_each_reply_that_was_kept(
    base: Base, settings: TrainSettings, samples: pa.Table
) -> None:
    renderer = Renderer(base.tokenizer, replace(settings, form="single"), base.stop_ids)
    sure = samples.to_pylist()
    for row in sure:
        for reply in row["responses"]:
            reply["weight"] = 1.0

    rows, report = renderer.rows(SAMPLES.table(sure))

    assert [row.reply for row in rows] == [reply["text"] for row in sure for reply in row["responses"]]
    assert {row.form for row in rows} == {"single"}
    assert report.rows == {"burst": 0, "single": len(rows)}


def test_long_prompts_lose_their_oldest_words_and_keep_the_latest(
    base: Base, settings: TrainSettings, samples: pa.Table
) -> None:
    renderer = Renderer(base.tokenizer, replace(settings, prompt_tokens=40), base.stop_ids)
    row = samples.to_pylist()[0] | {"context": ["long ago " * 20], "prompt": "one two three " * 30 + "the end"}

    (user,) = renderer.prompts(SAMPLES.table([row]), "burst")

    assert user.endswith(f"the end\n[chat: {row['rate_bucket']}]")
    assert "long ago" not in user
    assert len(renderer.prompt_ids([user])[0]) <= 40


def test_a_reply_that_cannot_fit_is_left_out_and_counted(renderer: Renderer, samples: pa.Table) -> None:
    row = samples.to_pylist()[0]
    row["responses"] = [row["responses"][0] | {"text": "never " * 200, "weight": 1.0}]

    rows, report = renderer.rows(SAMPLES.table([row]))

    assert rows == []
    assert report.replies_too_long >= 1


def test_shortening_a_turn_ends() -> None:
    turn = Turn(("a", "b"), "one two three four five six seven eight nine ten", "fast")

    seen = 0
    while turn.prompt:
        turn = turn.shorter()
        seen += 1

    assert seen < 20


@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")  # TRL's own default
def test_trl_prepares_the_same_tokens_and_labels_from_our_conversations(
    renderer: Renderer, base: Base, settings: TrainSettings, samples: pa.Table, tmp_path: Path
) -> None:
    from dougpt_train import tiny

    rows = renderer.rows(samples)[0][:10]
    trainer = trl.SFTTrainer(
        model=tiny.make_model(base.config, settings),
        args=trl.SFTConfig(output_dir=str(tmp_path), bf16=False, use_cpu=True, report_to="none", max_length=None),
        train_dataset=Dataset.from_list([renderer.conversation(row) for row in rows]),
        processing_class=base.tokenizer,
    )

    for ours, theirs in zip(renderer.encode(rows), trainer.train_dataset, strict=True):
        # The template writes a line break behind the stop token, which TRL trains and we leave out.
        assert theirs["input_ids"][: len(ours.ids)] == ours.ids
        assert theirs["labels"][: len(ours.ids)] == ours.labels
        assert len(theirs["input_ids"]) <= len(ours.ids) + 1


TEMPLATES = {
    "qwen3.jinja": "<|im_end|>",
    "qwen2_5.jinja": "<|im_end|>",
    "qwen3_instruct_2507.jinja": "<|im_end|>",
    "llama3.jinja": "<|eot_id|>",
    "gemma.jinja": "<end_of_turn>",
    "gemma3.jinja": "<end_of_turn>",
    "phi3.jinja": "<|end|>",
}


def bundled_template(name: str) -> str:
    folder = Path(str(trl.__file__)).parent / "chat_templates"
    return (folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "stop"), TEMPLATES.items())
def test_rows_are_exact_in_the_templates_of_well_known_models(
    name: str, stop: str, base: Base, settings: TrainSettings, samples: pa.Table
) -> None:
    from dougpt_train import tiny

    tokenizer: Any = tiny.make_tokenizer(tiny.texts(samples), 512)
    tokenizer.add_special_tokens(
        {"additional_special_tokens": [stop, "<bos>", "<|begin_of_text|>"], "bos_token": "<bos>"}
    )
    tokenizer.eos_token = stop
    tokenizer.chat_template = bundled_template(name)
    renderer = Renderer(tokenizer, replace(settings, prompt_tokens=400), [tokenizer.convert_tokens_to_ids(stop)])

    rows, _ = renderer.rows(samples.slice(0, 6))

    assert rows
    for row in renderer.encode(rows):
        assert row.ids[: len(row.prompt_ids)] == row.prompt_ids
        assert tokenizer.decode([label for label in row.labels if label != -100]) == row.row.reply + stop
