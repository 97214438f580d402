"""A merged model for the servers people run: an Ollama Modelfile, and GGUF where llama.cpp's converter is at hand."""

import subprocess
import sys
from pathlib import Path

from dougpt_schema import DougptError, atomic_write

from dougpt_train.base import open_folder
from dougpt_train.record import read_settings
from dougpt_train.render import Renderer

PLACEHOLDER = "@@PROMPT@@"


class ConverterError(DougptError):
    """llama.cpp's converter is missing or failed."""


def write_modelfile(run_folder: Path | str, merged_folder: Path | str) -> Path:
    """Write a Modelfile beside the merged weights, with the template and stops that the run was trained with.

    The template is what the tokenizer renders around one user turn, which is all that a run ever asks.
    """
    folder = Path(merged_folder)
    settings = read_settings(Path(run_folder))
    opened = open_folder(folder.name, folder)
    renderer = Renderer(opened.tokenizer, settings, opened.stop_ids)
    before, after = rendered_frame(renderer)
    stops = opened.tokenizer.convert_ids_to_tokens(list(opened.stop_ids))
    lines = [
        "FROM .",
        f'TEMPLATE """{before}{{{{ .Prompt }}}}{after}"""',
        *(f'PARAMETER stop "{stop}"' for stop in stops),
        f"PARAMETER temperature {settings.temperature}",
        f"PARAMETER top_p {settings.top_p}",
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
        ConverterError: The script is not there, or fails; its last line is the message.
    """
    script = Path(converter)
    if not script.is_file():
        raise ConverterError(f"{script}: no converter; it is llama.cpp's convert_hf_to_gguf.py")
    done = subprocess.run(
        [sys.executable, str(script), str(merged_folder), "--outfile", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not Path(out).is_file():
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}, no file"])[-1]
        raise ConverterError(f"{script.name} failed: {last}")
    return Path(out)
