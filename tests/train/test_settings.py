"""Settings refuse what could not be trained, and importing the package costs nothing."""

import subprocess
import sys
from dataclasses import asdict, fields

import pytest
from dougpt_schema.installing import install_command
from dougpt_train.settings import TrainSettings

HEAVY = ("torch", "transformers", "trl", "peft", "datasets", "tokenizers")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "dpo"),
        ("form", "haiku"),
        ("device", "abacus"),
        ("epochs", 0),
        ("rank", 0),
        ("single_share", 1.5),
        ("top_p", 0.0),
        ("learning_rate", 0.0),
        ("tiny_width", 100),
        ("tiny_vocabulary", 100),
        ("seed", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        TrainSettings(**{field: value})  # type: ignore[arg-type]


def test_full_training_of_the_tiny_base_is_refused_since_it_is_trained_in_full_already() -> None:
    with pytest.raises(ValueError, match="twice"):
        TrainSettings(method="full")


def test_patience_without_measurements_is_refused() -> None:
    with pytest.raises(ValueError, match="eval_steps is 0: nothing is measured"):
        TrainSettings(patience=2, eval_steps=0)


def test_every_setting_has_a_help_text() -> None:
    assert all(field.metadata["help"].endswith(".") for field in fields(TrainSettings))


def test_what_decides_an_answer_is_part_of_the_settings() -> None:
    settings = TrainSettings()

    assert settings.rendering().items() <= asdict(settings).items()
    assert "prompt_tokens" in settings.rendering()


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, dougpt_train, dougpt_train.settings; print([m for m in {HEAVY!r} if m in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_a_missing_extra_is_named() -> None:
    code = """
import sys
sys.modules["torch"] = None
import dougpt_train
from dougpt_schema import MissingExtraError
try:
    dougpt_train.train
except MissingExtraError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.startswith("training")
    assert install_command("dougpt-train[sft]") in found.stdout


def test_the_preflight_function_is_not_hidden_by_a_module_of_its_name() -> None:
    import dougpt_train

    assert callable(dougpt_train.preflight)
    assert set(dougpt_train.__all__) <= set(dir(dougpt_train))
    with pytest.raises(AttributeError, match="no attribute 'postflight'"):
        _ = dougpt_train.postflight
