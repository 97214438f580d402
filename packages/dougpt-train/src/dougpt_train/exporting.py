"""A merged model for the servers people run: an Ollama Modelfile, and GGUF where llama.cpp's converter is at hand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

from dougpt_schema import DougptError, atomic_write

from dougpt_train.base import open_folder
from dougpt_train.merged import require_merged
from dougpt_train.merging import merge
from dougpt_train.record import read_settings
from dougpt_train.render import Renderer, Turn

PLACEHOLDER = "@@PROMPT@@"
UNKNOWN_TOKENIZER = "pre-tokenizer was not recognized"
ServedForm = Literal["merged", "ollama", "gguf"]


class ConverterError(DougptError):
    """llama.cpp's converter is missing or failed."""


def export_run(
    run_folder: Path | str,
    out: Path | str,
    form: ServedForm,
    *,
    converter: Path | str | None = None,
    base: Path | str | None = None,
) -> Path:
    """Write a run's model for the tools that serve models, and return what they open.

    Args:
        run_folder: A finished run.
        out: The folder of the merged model; made and verified unless it is there already, from the same run.
        form: "merged" for that folder alone, which vLLM and transformers open, "gguf" for a GGUF file beside it,
            "ollama" for a Modelfile in it: of the GGUF file where a converter is given, else of the folder, which
            Ollama runs on Apple's MLX only.
        converter: llama.cpp's `convert_hf_to_gguf.py`, for "gguf" and "ollama".
        base: Where the base model is now, if it was moved since.

    Raises:
        RunFolderError: The run is not complete, its files have changed, or `out` is something else.
        NotReproducedError: The merged model does not compute what base and adapter do.
        ConverterError: The converter is missing or fails.
    """
    folder = Path(out)
    if form == "gguf" and converter is None:
        raise ConverterError(
            "GGUF needs llama.cpp's convert_hf_to_gguf.py, which lies in a clone of llama.cpp: say where it is"
        )
    if folder.exists():
        require_merged(folder, Path(run_folder))
    else:
        merge(run_folder, folder, base=base)
    if form == "merged":
        return folder
    gguf = folder.with_name(folder.name + ".gguf")
    if converter is not None:
        convert_to_gguf(folder, converter, gguf)
    return gguf if form == "gguf" else write_modelfile(run_folder, folder, gguf if converter is not None else None)


def write_modelfile(run_folder: Path | str, merged_folder: Path | str, gguf: Path | str | None = None) -> Path:
    """Write a Modelfile beside the merged weights, with the template, stops and sampling that the run was made for.

    The template is what the tokenizer renders around one user turn, which is all that a run ever asks.

    Args:
        run_folder: The run that was merged.
        merged_folder: What `merge` wrote.
        gguf: The same model as a GGUF file, to be served instead of the folder.
    """
    folder = Path(merged_folder)
    settings = read_settings(Path(run_folder))
    opened = open_folder(folder.name, folder)
    renderer = Renderer(opened.tokenizer, settings, opened.stop_ids)
    before, after = rendered_frame(renderer)
    stops = opened.tokenizer.convert_ids_to_tokens(list(opened.stop_ids))
    source = "." if gguf is None else Path(os.path.relpath(gguf, folder)).as_posix()
    lines = [
        "# Ask in the form that was trained on, such as:",
        *(
            f"#   {line}"
            for line in Turn((), "should I press the red button?", "fast", settings.instruction).text.split("\n")
        ),
        f"FROM {source}",
        f'TEMPLATE """{before}{{{{ .Prompt }}}}{after}"""',
        *(f'PARAMETER stop "{stop}"' for stop in stops),
        f"PARAMETER temperature {settings.temperature}",
        f"PARAMETER top_p {settings.top_p}",
        # Ollama's own defaults would draw from other words than the evaluation did.
        "PARAMETER top_k 0",
        "PARAMETER min_p 0",
        "PARAMETER repeat_penalty 1",
        f"PARAMETER num_predict {settings.reply_tokens}",
    ]
    atomic_write(folder / "Modelfile", ("\n".join(lines) + "\n").encode())
    return folder / "Modelfile"


def rendered_frame(renderer: Renderer) -> tuple[str, str]:
    """Return what the chat template writes before and behind a user turn, up to where the answer starts.

    Without the token of beginning, which servers add themselves.
    """
    text = renderer.tokenizer.apply_chat_template(
        [{"role": "user", "content": PLACEHOLDER}],
        tokenize=False,
        add_generation_prompt=True,
        **renderer.template_options,
    )
    before, after = text.split(PLACEHOLDER)
    return before.removeprefix(renderer.tokenizer.bos_token or ""), after


def convert_to_gguf(merged_folder: Path | str, converter: Path | str, out: Path | str) -> Path:
    """Run llama.cpp's `convert_hf_to_gguf.py` on a merged model.

    Args:
        merged_folder: What `merge` wrote.
        converter: The path of the script in a checkout of llama.cpp.
        out: The GGUF file to write.

    Raises:
        ConverterError: The script is not there, or fails; its last line is the message. Nothing is written then.
    """
    script, target = Path(converter), Path(out)
    if not script.is_file():
        raise ConverterError(f"{script}: no converter; it is llama.cpp's convert_hf_to_gguf.py")
    work = target.with_name(target.name + ".partial")
    done = subprocess.run(
        [sys.executable, str(script), str(merged_folder), "--outfile", str(work)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not work.is_file():
        work.unlink(missing_ok=True)
        raise ConverterError(f"{script.name} failed: {_why(done)}")
    work.replace(target)
    return target


def _why(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the last line of a converter that failed, and what to do where that is known."""
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}, no file"])[-1]
    if missing := re.search(r"No module named '([^']+)'", last):
        return f"{last}; it runs in dougpt's own environment: install {missing[1]} there, as llama.cpp asks"
    if UNKNOWN_TOKENIZER in last:
        return f"{last}; llama.cpp knows the tokenizers of published models, and not that of the tiny one made here"
    return last
