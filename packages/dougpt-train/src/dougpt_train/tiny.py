"""A language model small enough to be made and trained on the spot, for machines without a GPU or a download.

A byte-level vocabulary learnt from the training split, a chat template with a stop token, and a Qwen3 of
about a million weights, all of them trained on the training split before an adapter is. It shows that the
way from recording to adapter works; it knows nothing else about language.

Shapes: B rows, T tokens.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import pyarrow as pa
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from dougpt_train.draws import uniform
from dougpt_train.settings import WIDTH_STEP, TrainSettings

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
HEAD_DIM = 32
MAX_TOKENS = 1024
WEIGHT_DECAY = 0.1
CLIP_NORM = 1.0
WARMUP_SHARE = 0.1
SORTED_BATCHES = 8
PROMPT_SHARE = 0.2
"""What a token of a prompt counts in the first training, where one of a reply counts 1."""

type Given = tuple[Sequence[int], int]

# The stop token stands inside the generation block: outside it, no loss that uses the block teaches to stop.
TEMPLATE = """\
{%- for message in messages -%}
{{- '<|im_start|>' + message['role'] + '\\n' -}}
{%- if message['role'] == 'assistant' -%}
{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}{{- '\\n' -}}
{%- else -%}
{{- message['content'] + '<|im_end|>\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""


def make_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Learn a byte-level vocabulary of at most `vocabulary` tokens; any text can be written with it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["user\nassistant\n[chat: one]", *texts], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        chat_template=TEMPLATE,
        model_max_length=MAX_TOKENS,
        # The default adds token_type_ids, which generation refuses.
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
    )


def texts(samples: pa.Table) -> Iterator[str]:
    """Yield every text of the samples, one by one."""
    for sample in samples.select(["context", "prompt", "responses"]).to_pylist():
        yield sample["prompt"]
        yield from sample["context"]
        yield from (response["text"] for response in sample["responses"])


def make_config(tokenizer: PreTrainedTokenizerFast, settings: TrainSettings) -> Qwen3Config:
    """Describe a Qwen3 whose linear layers 4-bit quantisation accepts."""
    heads = settings.tiny_width // HEAD_DIM
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=settings.tiny_width,
        intermediate_size=-(-settings.tiny_width * 3 // WIDTH_STEP) * WIDTH_STEP,
        num_hidden_layers=settings.tiny_layers,
        num_attention_heads=heads,
        num_key_value_heads=max(1, heads // 2),
        head_dim=HEAD_DIM,
        max_position_embeddings=MAX_TOKENS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
    )


def make_model(config: Qwen3Config, settings: TrainSettings) -> Qwen3ForCausalLM:
    """Make an untrained model; `settings.seed` decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = Qwen3ForCausalLM(config)
    model.generation_config.eos_token_id = config.eos_token_id
    model.generation_config.pad_token_id = config.pad_token_id
    return model.float()


def pretrain(
    model: Any,
    rows: Sequence[Given],
    settings: TrainSettings,
    progress: Callable[[int, int, float], None] | None = None,
) -> list[float]:
    """Train every weight on whole rows for `tiny_steps` steps; return the loss of each, in nats a token.

    Steps, not seconds, end it: the same rows and settings give the same weights. Prompts are learnt too, since
    they hold most of the little text there is, but count less than replies.

    Args:
        model: A model from `make_model`; changed in place.
        rows: Token ids of prompt and reply, and how many of them are the prompt.
        settings: The run's settings.
        progress: Called with steps done, steps in all and the loss.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.0, betas=(0.9, 0.95), weight_decay=WEIGHT_DECAY)
    steps = settings.tiny_steps
    losses: list[float] = []
    model.train()
    for step, batch in zip(range(steps), _batches(rows, settings), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = settings.tiny_learning_rate * _rate_share(step, steps)
        loss = _loss(model, batch)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if progress is not None:
            progress(step + 1, steps, losses[-1])
    model.eval()
    return losses


def _loss(model: Any, batch: Sequence[Given]) -> torch.Tensor:
    longest = max(len(ids) for ids, _ in batch)
    pad_id = model.config.pad_token_id
    ids_BT = torch.tensor([[*ids, *[pad_id] * (longest - len(ids))] for ids, _ in batch])
    weights_BT = torch.tensor(
        [[PROMPT_SHARE] * given + [1.0] * (len(ids) - given) + [0.0] * (longest - len(ids)) for ids, given in batch]
    )
    logits_BTV = model(input_ids=ids_BT, attention_mask=(weights_BT > 0).long()).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(logits_BTV.flatten(0, 1), ids_BT[:, 1:].flatten(), reduction="none")
    weights = weights_BT[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def _rate_share(step: int, steps: int) -> float:
    """Rise linearly over the first tenth, then fall along a cosine to a tenth of the peak."""
    warmup = max(1, round(steps * WARMUP_SHARE))
    if step < warmup:
        return (step + 1) / warmup
    return 0.55 + 0.45 * math.cos(math.pi * (step - warmup) / max(1, steps - warmup))


def _batches(rows: Sequence[Given], settings: TrainSettings) -> Iterator[list[Given]]:
    """Yield batches for ever: each pass in a new order, rows of like length together so that little is padding."""
    size = min(settings.tiny_batch_rows, len(rows))
    for epoch in count():
        order = sorted(range(len(rows)), key=lambda place: uniform("tiny", settings.seed, epoch, place))
        for start in range(0, len(order) - size + 1, size * SORTED_BATCHES):
            near = sorted(order[start : start + size * SORTED_BATCHES], key=lambda place: (len(rows[place][0]), place))
            groups = [near[at : at + size] for at in range(0, len(near), size)]
            for at in sorted(range(len(groups)), key=lambda at: uniform("tiny", settings.seed, epoch, start, at)):
                yield [rows[place] for place in groups[at]]
