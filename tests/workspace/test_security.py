"""What the security page promises of the source: nothing that is read can run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("packages", "apps") for path in (ROOT / top).glob("*/src/**/*.py"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "zipfile", "tarfile"}
"""Reading what these write runs code, or, of archives, may write outside of a folder: nobody unpacks any."""
CALLS = {"eval", "exec", "compile", "__import__"}
SWITCHES = {"trust_remote_code", "allow_pickle", "shell"}
METHODS = {("os", "system"), ("os", "popen"), ("yaml", "load"), ("yaml", "unsafe_load"), ("shutil", "unpack_archive")}


def offences(text: str) -> Iterator[str]:
    """Yield what in a source text could run what it reads."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (f"imports {one.name}" for one in node.names if one.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield f"imports from {node.module}"
        elif isinstance(node, ast.Call):
            yield from _called(node)


def _called(node: ast.Call) -> Iterator[str]:
    owner, name = getattr(getattr(node.func, "value", None), "id", ""), getattr(node.func, "attr", "")
    told = {word.arg: word.value for word in node.keywords}
    if getattr(node.func, "id", "") in CALLS or (owner, name) in METHODS:
        yield f"calls {ast.unparse(node.func)}"
    if (owner, name) == ("torch", "load") and not _is(told.get("weights_only"), wanted=True):
        yield "torch.load without weights_only=True"
    if (
        owner.startswith("AutoModel")
        and name == "from_pretrained"
        and not _is(told.get("use_safetensors"), wanted=True)
    ):
        yield "weights that need not be safetensors"
    yield from (f"{one} may be true" for one in SWITCHES & told.keys() if not _is(told[one], wanted=False))


def _is(node: ast.expr | None, *, wanted: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is wanted


def test_no_source_can_run_what_it_reads() -> None:
    found = {str(path.relative_to(ROOT)): list(offences(path.read_text(encoding="utf-8"))) for path in SOURCES}

    assert len(found) > 300
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "import zipfile",
        "eval(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "os.system(line)",
        "subprocess.run(line, shell=True)",
        "np.load(path, allow_pickle=True)",
        "f(trust_remote_code=settings.trust)",
        "AutoModelForCausalLM.from_pretrained(folder)",
        "AutoModel.from_pretrained(folder, use_safetensors=None)",
    ],
)
def test_each_offence_is_seen(text: str) -> None:
    assert list(offences(text))


@pytest.mark.parametrize(
    "text", ["model.eval()", "torch.load(path, weights_only=True)", "f(trust_remote_code=False)", "json.loads(text)"]
)
def test_what_is_harmless_is_let_through(text: str) -> None:
    assert not list(offences(text))
