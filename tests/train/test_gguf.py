"""What llama.cpp computes with an exported GGUF file is what the merged model computes.

Run by `just gguf CHECKOUT`, where CHECKOUT is a clone of llama.cpp, or `vendor/llama.cpp` in the sdist of
llama-cpp-python. Its converter knows tokenizers by a hash over their tokens, so the base has GPT-2's vocabulary, which
comes with llama.cpp, and the tokens of a chat behind it.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from dougpt_train import TrainSettings, export_run, tiny, train
from dougpt_train.base import open_folder
from dougpt_train.exporting import ConverterError
from dougpt_train.render import Renderer
from dougpt_train.sampling import score
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

pytestmark = pytest.mark.slow
TOKENS = 24


@pytest.fixture(scope="module")
def llama_cpp() -> Any:
    return pytest.importorskip("llama_cpp", reason="run by `just gguf CHECKOUT`")


@pytest.fixture(scope="module")
def checkout() -> Path:
    if "LLAMA_CPP" not in os.environ:
        pytest.skip("LLAMA_CPP names no checkout of llama.cpp")
    pytest.importorskip("sentencepiece")
    return Path(os.environ["LLAMA_CPP"])


@pytest.fixture(scope="module")
def tokenizer(checkout: Path) -> PreTrainedTokenizerFast:
    """GPT-2's, from the file by which llama.cpp tests its own."""
    sys.path.insert(0, str(checkout / "gguf-py"))
    from gguf import GGUFReader

    fields = GGUFReader(checkout / "models" / "ggml-vocab-gpt-2.gguf").fields
    tokens, merges = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "merges"))
    found = Tokenizer(
        models.BPE({token: at for at, token in enumerate(tokens)}, [tuple(pair.split(" ")) for pair in merges])
    )
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    found.add_special_tokens([tiny.PAD, tiny.START, tiny.END])
    return PreTrainedTokenizerFast(
        tokenizer_object=found,
        eos_token=tiny.END,
        pad_token=tiny.PAD,
        chat_template=tiny.TEMPLATE,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
    )


@pytest.fixture(scope="module")
def run(
    tokenizer: PreTrainedTokenizerFast,
    samples: pa.Table,
    settings: TrainSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    config = tiny.make_config(tokenizer, settings)
    network = tiny.make_model(config, settings)
    renderer = Renderer(tokenizer, settings, (config.eos_token_id,))
    rows = [(row.ids, len(row.prompt_ids)) for row in renderer.encode(renderer.rows(samples)[0])]
    tiny.pretrain(network, rows, replace(settings, tiny_steps=25))
    network.save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    return train(samples, replace(settings, base=str(folder / "base")), folder / "run").run_folder


def test_llama_cpp_reads_the_same_tokens_and_says_the_same(
    llama_cpp: Any, checkout: Path, run: Path, validation: pa.Table, tmp_path: Path
) -> None:
    gguf = export_run(run, tmp_path / "model", "gguf", converter=checkout / "convert_hf_to_gguf.py")
    opened = open_folder("model", tmp_path / "model")
    renderer = Renderer(opened.tokenizer, TrainSettings(context_lines=2), opened.stop_ids)
    network = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32).eval()
    served = llama_cpp.Llama(str(gguf), n_ctx=512, logits_all=True, verbose=False, n_threads=1)

    rows = renderer.encode(renderer.rows(validation)[0])[:6]
    for row in rows:
        text = opened.tokenizer.decode(row.ids)
        assert served.tokenize(text.encode(), add_bos=False, special=True) == row.ids
        assert served.token_eos() in opened.stop_ids
        expected = score(network, [(row.ids, len(row.prompt_ids))], 0)[0]
        assert _score(served, row.ids, len(row.prompt_ids)) == pytest.approx(expected, rel=0.02)
        asked = torch.tensor([row.prompt_ids])
        said = network.generate(asked, attention_mask=torch.ones_like(asked), do_sample=False, max_new_tokens=TOKENS)
        answer = served.create_completion(row.prompt_ids, max_tokens=TOKENS, temperature=0)["choices"][0]["text"]
        assert answer == opened.tokenizer.decode(said[0, asked.shape[1] :], skip_special_tokens=True)


def test_the_tiny_models_own_vocabulary_is_refused_with_the_reason(checkout: Path, result: Any, tmp_path: Path) -> None:
    with pytest.raises(ConverterError, match="not that of the tiny one"):
        export_run(result.run_folder, tmp_path / "model", "gguf", converter=checkout / "convert_hf_to_gguf.py")


def _score(served: Any, ids: list[int], start: int) -> float:
    """Return the log-probability of what stands behind `start` tokens."""
    served.reset()
    served.eval(ids)
    logprobs = torch.log_softmax(torch.tensor(served.scores[: len(ids)]), dim=-1)
    return float(sum(logprobs[at - 1, ids[at]] for at in range(start, len(ids))))
