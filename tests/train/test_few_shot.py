"""The base model alone is asked with examples in front, and is not the adapter."""

import pyarrow as pa
import pytest
from dougpt_schema import Model
from dougpt_train import ChatModel, TrainResult
from dougpt_train.few_shot import HEADING, load_bases


@pytest.fixture(scope="module")
def bases(result: TrainResult, samples: pa.Table) -> dict[str, ChatModel]:
    return load_bases(result.run_folder, {"bare": samples.slice(0, 0), "shown": samples.slice(0, 2)})


@pytest.fixture(scope="module")
def bare(bases: dict[str, ChatModel]) -> ChatModel:
    return bases["bare"]


def test_the_examples_stand_in_front_of_the_turn_and_change_what_is_expected(
    bases: dict[str, ChatModel], bare: ChatModel, samples: pa.Table, validation: pa.Table
) -> None:
    shown = bases["shown"]
    assert isinstance(shown, Model)
    for form in ("burst", "single"):
        asked, plain = (model.renderer.prompts(validation, form) for model in (shown, bare))
        assert all(one.startswith(HEADING) and one.endswith(two) for one, two in zip(asked, plain, strict=True))
        examples = [row["responses"][0]["text"] for row in samples.slice(0, 2).to_pylist()]
        assert all(text in asked[0] for text in examples)
    assert shown.logprobs(validation) != bare.logprobs(validation)
    assert shown.fingerprint != bare.fingerprint
    assert len(shown.generate(validation, 0)) == validation.num_rows


def test_it_holds_no_adapter(bare: ChatModel, model: ChatModel, validation: pa.Table) -> None:
    assert model.network.peft_config
    with model.network.disable_adapter():
        without = model.logprobs(validation)
    flat = [number for row in bare.logprobs(validation) for number in row]
    assert flat == pytest.approx([number for row in without for number in row])
    assert flat != pytest.approx([number for row in model.logprobs(validation) for number in row])
