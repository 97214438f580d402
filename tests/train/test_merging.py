"""A merged model computes what base and adapter compute, or is not written."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_train import ChatModel, TrainResult, TrainSettings, exporting, load, merging, train
from dougpt_train.errors import NotReproducedError, RunFolderError
from dougpt_train.exporting import ConverterError, convert_to_gguf, export_run, rendered_frame, write_modelfile
from dougpt_train.merged import load_merged
from dougpt_train.merging import merge
from dougpt_train.record import WEIGHTS
from transformers import AutoModelForCausalLM


def spoilt(path: Path) -> None:
    """Change the last byte of a file."""
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


@pytest.fixture(scope="module")
def merged(result: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("merged") / "model"
    merge(result.run_folder, out, precision="float32")
    return out


def test_merged_weights_score_as_base_and_adapter_do(merged: Path, model: ChatModel, validation: pa.Table) -> None:
    network = AutoModelForCausalLM.from_pretrained(merged, local_files_only=True, dtype=torch.float32)
    found = ChatModel(network, model.renderer, "merged").logprobs(validation)

    for one, other in zip(found, model.logprobs(validation), strict=True):
        assert one == pytest.approx(other, abs=1e-3)
    assert json.loads((merged / "dougpt.json").read_text(encoding="utf-8"))["merged"] <= 1e-3


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_16_bit_weights_are_close(result: TrainResult, tmp_path: Path, precision: merging.Precision) -> None:
    differences = merge(result.run_folder, tmp_path / "model", precision=precision)

    assert 0 < differences["saved"] < 0.2


def test_a_merge_that_went_wrong_is_not_written(
    result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "largest_difference", lambda *_: 0.83)

    with pytest.raises(NotReproducedError, match=r"0\.83"):
        merge(result.run_folder, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(result: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="exists; a merged model is written over nothing: delete it, or choose"):
        merge(result.run_folder, tmp_path)


def test_a_run_without_an_adapter_is_written_as_it_is(
    result: TrainResult, samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    full = replace(settings, base=str(result.run_folder / "base"), method="full", learning_rate=1e-4, max_steps=1)
    trained = train(samples, full, tmp_path / "run")

    modelfile = export_run(trained.run_folder, tmp_path / "model", "ollama")

    assert modelfile == tmp_path / "model" / "Modelfile"
    assert json.loads((tmp_path / "model" / "dougpt.json").read_text(encoding="utf-8"))["merged"] == 0
    found = load_merged(tmp_path / "model", trained.run_folder).logprobs(samples.slice(0, 2))
    for one, other in zip(found, load(trained.run_folder).logprobs(samples.slice(0, 2)), strict=True):
        assert one == pytest.approx(other, abs=0.2)


@pytest.mark.parametrize(
    ("spoil", "said"), [(spoilt, "adapter is not what was trained"), (Path.unlink, "is not there")]
)
def test_an_adapter_that_was_changed_is_not_merged(
    result: TrainResult, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    copied = Path(shutil.copytree(result.run_folder, tmp_path / "run"))
    spoil(copied / "adapter" / WEIGHTS)

    with pytest.raises(RunFolderError, match=said):
        merge(copied, tmp_path / "model")
    with pytest.raises(RunFolderError, match=said):
        load(copied)


def test_the_modelfile_asks_exactly_as_training_did(merged: Path, result: TrainResult, model: ChatModel) -> None:
    text = write_modelfile(result.run_folder, merged).read_text(encoding="utf-8")

    before, after = rendered_frame(model.renderer)
    user = "> hi\n[chat: fast]"
    asked = model.renderer.tokenizer(before + user + after, add_special_tokens=False)["input_ids"]
    assert asked == model.renderer.prompt_ids([user])[0]
    assert f'TEMPLATE """{before}{{{{ .Prompt }}}}{after}"""' in text
    assert 'PARAMETER stop "<|im_end|>"' in text


def test_the_modelfile_draws_from_the_same_words_as_the_evaluation(merged: Path, result: TrainResult) -> None:
    text = write_modelfile(result.run_folder, merged).read_text(encoding="utf-8")

    for neutral in ("top_k 0", "min_p 0", "repeat_penalty 1"):  # Ollama's own defaults cut the tail off
        assert f"PARAMETER {neutral}\n" in text
    assert "#   > should I press the red button?\n#   [chat: fast]\n" in text


def test_ollama_is_given_a_gguf_file_where_there_is_a_converter(merged: Path, result: TrainResult) -> None:
    script = merged.with_name("convert_hf_to_gguf.py")
    script.write_text("import sys; open(sys.argv[3], 'w').write('gguf')", encoding="utf-8")

    modelfile = export_run(result.run_folder, merged, "ollama", converter=script)

    source = re.search(r"^FROM (.+)$", modelfile.read_text(encoding="utf-8"), re.MULTILINE)
    assert source
    assert (modelfile.parent / source[1]).read_text(encoding="utf-8") == "gguf"
    assert "\nFROM .\n" in write_modelfile(result.run_folder, merged).read_text(encoding="utf-8")


def test_a_converter_is_called_with_model_and_file(merged: Path, tmp_path: Path) -> None:
    script = tmp_path / "convert_hf_to_gguf.py"
    script.write_text("import sys; open(sys.argv[3], 'w').write(sys.argv[1])", encoding="utf-8")

    found = convert_to_gguf(merged, script, tmp_path / "model.gguf")

    assert found.read_text(encoding="utf-8") == str(merged)


def test_a_run_is_exported_from_one_merge(result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    script = tmp_path / "convert_hf_to_gguf.py"
    script.write_text("import sys; open(sys.argv[3], 'w').write('gguf')", encoding="utf-8")

    assert export_run(result.run_folder, folder, "merged") == folder
    monkeypatch.setattr(exporting, "merge", None)  # the one that is there serves all forms
    assert export_run(result.run_folder, folder, "ollama") == folder / "Modelfile"
    assert export_run(result.run_folder, folder, "gguf", converter=script).read_text(encoding="utf-8") == "gguf"
    with pytest.raises(ConverterError, match="say where it is"):
        export_run(result.run_folder, folder, "gguf")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match="was changed since it was merged"):
        export_run(result.run_folder, folder, "ollama")
    with pytest.raises(RunFolderError, match="is no merged model"):
        export_run(result.run_folder, tmp_path, "ollama")


def test_a_quantised_base_is_not_merged_into(
    result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "quantised", lambda _: "bitsandbytes")

    with pytest.raises(RunFolderError, match="only a run on a 16-bit base"):
        merge(result.run_folder, tmp_path / "model")


def test_a_converter_that_fails_says_why(merged: Path, tmp_path: Path) -> None:
    script = tmp_path / "convert_hf_to_gguf.py"
    script.write_text("raise SystemExit('unknown architecture')", encoding="utf-8")

    with pytest.raises(ConverterError, match="unknown architecture"):
        convert_to_gguf(merged, script, tmp_path / "model.gguf")
    with pytest.raises(ConverterError, match="no converter"):
        convert_to_gguf(merged, tmp_path / "none.py", tmp_path / "model.gguf")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("import sentencepiece_that_is_not_here", "install sentencepiece_that_is_not_here there"),
        ("raise NotImplementedError('BPE pre-tokenizer was not recognized')", "not that of the tiny one"),
    ],
)
def test_a_converter_that_lacks_something_says_what_to_do(merged: Path, tmp_path: Path, line: str, advice: str) -> None:
    script = tmp_path / "convert_hf_to_gguf.py"
    script.write_text(f"import sys\nopen(sys.argv[3], 'w').write('half')\n{line}", encoding="utf-8")

    with pytest.raises(ConverterError, match=advice):
        convert_to_gguf(merged, script, tmp_path / "model.gguf")
    assert [path.name for path in tmp_path.iterdir()] == [script.name]
