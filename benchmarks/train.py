"""Training beside a bare TRL script with the same settings, in the same run; the preflight's time; planted faults.

    just bench train [NAME ...] [--device cpu|cuda]

Names: speed, start, memory, preflight, faults; all of them without any. The base is a Qwen3 of random weights, since
none can be fetched: neither speed nor memory depends on what weights say. Where there is a GPU, speed, start and memory
are measured on it too, with a base of 1.1 billion weights and, for memory, with those of the presets: 30 GB of files
where the temporary folder is (TMPDIR). Figures are medians of alternating rounds. On a CPU, PyTorch has one thread and
the speed is per second of CPU time, so that neighbours on the machine do not count.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import torch
from datasets import Dataset
from dougpt_schema import SAMPLES, read_table, write_table
from dougpt_train import TrainSettings, load, preflight, tiny, train
from dougpt_train.adapter import lora_config
from dougpt_train.base import load_weights, open_base
from dougpt_train.gpu_memory import GB, give_back, peak_bytes
from dougpt_train.order import training_order
from dougpt_train.prepare import Prepared, prepare
from dougpt_train.presets import PRESETS
from dougpt_train.render import Encoded
from dougpt_train.trainer import Watcher, make_trainer
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "train"))
import made
import planted
from train_memory.bases import save_random
from train_memory.points import measure, told

ROUNDS, GPU_ROUNDS = 3, 2
PREFLIGHT_ROWS = 100_000
SPEED_ROWS, GPU_SPEED_ROWS = 512, 640
WIDTH, LAYERS, VOCABULARY = 128, 3, 1024
BATCHES = (16, 64)
BILLION: tuple[str, Mapping[str, int | bool]] = (
    "qwen3",
    {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 16,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151_936,
        "tie_word_embeddings": True,
    },
)

# What a person would write who knows TRL: prompt-completion rows, labels by TRL, random order, no check at all.
BARE = """
import sys
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer
folder, base, rank, alpha, rows, rate, kind = sys.argv[1:]
class First(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = True
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(base, dtype=kind),
    args=SFTConfig(output_dir=folder + "/bare", per_device_train_batch_size=int(rows), learning_rate=float(rate),
        bf16=kind == "bfloat16", use_cpu=kind == "float32", gradient_checkpointing=False, max_length=None,
        report_to="none", save_strategy="no", max_steps=8, disable_tqdm=True),
    train_dataset=load_dataset("json", data_files=folder + "/rows.jsonl", split="train", cache_dir=folder + "/cache"),
    processing_class=AutoTokenizer.from_pretrained(base),
    peft_config=LoraConfig(r=int(rank), lora_alpha=int(alpha), target_modules="all-linear", task_type="CAUSAL_LM"),
    callbacks=[First()],
)
trainer.train()
"""
OURS = """
import json, sys
from dougpt_schema import SAMPLES, read_table
from dougpt_train import Preflight, TrainSettings, train
folder, settings = sys.argv[1], TrainSettings(**json.loads(sys.argv[2]))
class Reached(Exception):
    pass
def first(progress):
    raise Reached
try:
    train(read_table(folder + "/train.parquet", SAMPLES), settings, folder + "/run", progress=first,
        preflight=Preflight.from_dict(json.load(open(folder + "/preflight.json"))))
except Reached:
    pass
"""


def make_samples(count: int, split: str = "train", seed: int = 0, longest: int = 16) -> pa.Table:
    """Turns of 4 to `longest` made-up words, each with 1 to 5 replies of 1 to 7: short, as chat is."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 8))) for _ in range(4000)]

    def say(low: int, high: int) -> str:
        return " ".join(draw.choices(words, k=draw.randint(low, high)))

    reply = {"style": "plain", "weight": 1.0, "confidence": 0.9, "multiplicity": 1}
    rows = [
        {
            "sample_id": f"{seed:02x}{at:014x}",
            "recording_id": f"{seed:08x}{at // 500:08x}",
            "split": split,
            "context": [say(8, 8)],
            "prompt": say(4, longest),
            "responses": [
                reply | {"event_id": f"e{at}-{place}", "text": say(1, 7)} for place in range(draw.choice((1, 2, 3, 5)))
            ],
            "rate_bucket": draw.choice(("slow", "fast")),
            "utterance_ids": [at],
            "links_fingerprint": "0" * 64,
        }
        for at in range(count)
    ]
    return SAMPLES.table(rows)


def local_base(folder: Path, samples: pa.Table, device: str) -> Path:
    """A base of random weights, saved as a local model: about a million of them, a billion on a GPU."""
    if device == "cuda":
        return save_random(folder, BILLION, samples)
    settings = TrainSettings(tiny_width=WIDTH, tiny_layers=LAYERS, tiny_vocabulary=VOCABULARY)
    base = open_base(settings, samples)
    tiny.make_model(base.config, settings).save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return folder


def speed(place: Path, device: str) -> Iterator[str]:
    """Tokens a second: ours against bare TRL, packing against padding."""
    samples = make_samples((GPU_SPEED_ROWS if device == "cuda" else SPEED_ROWS) // 2)
    folder = local_base(place / "base", samples, device)
    settings = TrainSettings(
        base=str(folder), method="lora", device=device, epochs=1, prompt_tokens=160, eval_steps=0, max_steps=0
    )
    for rows in BATCHES:
        yield from speed_of(prepare(samples, replace(settings, batch_rows=rows)), place / f"{rows}")


def speed_of(prepared: Prepared, place: Path) -> Iterator[str]:
    """Tokens a second at one size of a batch."""
    device, batch_rows = prepared.settings.device, prepared.settings.batch_rows
    rounds = GPU_ROUNDS if device == "cuda" else ROUNDS
    tokens = sum(len(row.ids) for row in prepared.rows)
    ways: dict[str, Callable[[int], Any]] = {
        "bare TRL": lambda at: bare_trainer(prepared, place / f"bare{at}"),
        "ours, order of chance": lambda at: our_trainer(prepared, place / f"plain{at}", group_by_length=False),
        "ours": lambda at: our_trainer(prepared, place / f"ours{at}"),
        "ours, packed": lambda at: our_trainer(prepared, place / f"packed{at}", packing=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for at in range(rounds + 1):
        for name, make in ways.items():
            give_back()
            trainer = make(at)
            clock = time.process_time if device == "cpu" else time.perf_counter
            began = clock()
            trainer.train()
            took_s = clock() - began
            print(f"  {name}, round {at}: {took_s:.2f} s", file=sys.stderr, flush=True)
            if at:  # the first round warms up
                seconds[name].append(took_s)
    mean = tokens / len(prepared.rows)
    yield f"{len(prepared.rows)} rows of {mean:.0f} tokens, {batch_rows} a step, {device}, one epoch, {rounds} rounds"
    for name, measured in seconds.items():
        pairs = [bare / own for bare, own in zip(seconds["bare TRL"], measured, strict=True)]
        rate = tokens / median(measured)
        shown = ", ".join(f"{one:.2f}" for one in pairs)
        yield f"  {name:<24}{rate:>10,.0f} tokens/s   {median(pairs):.2f} x bare   (rounds {shown})"
    padded = [one / two for one, two in zip(seconds["ours, order of chance"], seconds["ours, packed"], strict=True)]
    grouped = [one / two for one, two in zip(seconds["ours"], seconds["ours, packed"], strict=True)]
    yield f"  packed against unpacked {median(padded):.2f} x, against rows of like length {median(grouped):.2f} x"
    yield f"  unpacked, in an order of chance, {padding(prepared):.2f} tokens are computed for one that is read"


def padding(prepared: Prepared) -> float:
    """Tokens of padded batches in an order of chance for each token of the rows, which is what packing can save."""
    settings = replace(prepared.settings, group_by_length=False)
    lengths = [len(row.ids) for row in training_order(prepared.rows, settings)]
    batches = [lengths[at : at + settings.batch_rows] for at in range(0, len(lengths), settings.batch_rows)]
    return sum(len(batch) * max(batch) for batch in batches) / sum(lengths)


def our_trainer(prepared: Prepared, folder: Path, **changes: Any) -> Any:
    """The trainer of a run."""
    settings = replace(prepared.settings, **changes)
    rows: list[Encoded] = training_order(prepared.rows, settings)
    return make_trainer(prepared.base, settings, rows, folder=folder, watcher=Watcher(lambda *_: None, 0, folder))


def bare_trainer(prepared: Prepared, folder: Path) -> Any:
    """TRL's trainer on the same rows as conversations, with the same settings."""
    settings, device = prepared.settings, prepared.settings.device
    trainer = SFTTrainer(
        model=load_weights(prepared.base, settings, device),
        args=SFTConfig(
            output_dir=str(folder),
            per_device_train_batch_size=settings.batch_rows,
            num_train_epochs=1,
            learning_rate=settings.learning_rate,
            lr_scheduler_type="cosine",
            seed=settings.seed,
            bf16=device == "cuda",
            use_cpu=device == "cpu",
            gradient_checkpointing=False,
            max_length=None,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list([prepared.renderer.conversation(row.row) for row in prepared.rows]),
        processing_class=prepared.base.tokenizer,
        peft_config=lora_config(settings),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def start(place: Path, device: str) -> Iterator[str]:
    """Seconds from the command to the end of the first step, in processes of their own."""
    samples = make_samples(1000)
    folder = local_base(place / "base", samples, device)
    settings = TrainSettings(
        base=str(folder), method="lora", device=device, epochs=1, prompt_tokens=160, batch_rows=8, max_steps=8
    )
    write_table(samples, place / "train.parquet", SAMPLES)
    samples = read_table(place / "train.parquet", SAMPLES)
    found = preflight(samples, settings, folder=place)
    (place / "preflight.json").write_text(json.dumps(found.to_dict()), encoding="utf-8")
    prepared = prepare(samples, settings)
    lines = (json.dumps(prepared.renderer.conversation(row.row)) for row in prepared.rows)
    (place / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    kind = "bfloat16" if device == "cuda" else "float32"
    values = (settings.rank, settings.alpha, settings.batch_rows, settings.learning_rate, kind)
    bare = [sys.executable, "-c", BARE, str(place), str(folder), *map(str, values)]
    ours = [sys.executable, "-c", OURS, str(place), json.dumps(asdict(settings))]
    times: list[tuple[float, float]] = []
    rounds = GPU_ROUNDS if device == "cuda" else ROUNDS
    for at in range(rounds + 1):
        both = (timed(bare), timed(ours))
        times += [both] if at else []
    more = median(own - other for other, own in times)
    yield f"{len(prepared.rows)} rows, preflight reused, {rounds} rounds"
    bare_s, ours_s = median(one for one, _ in times), median(two for _, two in times)
    yield f"  bare TRL {bare_s:.1f} s, ours {ours_s:.1f} s: {more:+.1f} s"


def timed(command: list[str]) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - began


def many_rows(_place: Path, _device: str) -> Iterator[str]:
    """Seconds of a preflight in which every label of 100,000 rows is decoded."""
    samples = make_samples(PREFLIGHT_ROWS // 2)
    held_out = make_samples(1000, "validation", seed=2)
    test = make_samples(1000, "test", seed=3)
    began, used = time.perf_counter(), time.process_time()
    found = preflight(samples, TrainSettings(epochs=1, prompt_tokens=160), validation=held_out, test=test)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - used
    rows: Any = found.of("P2").facts["rows"]
    yield f"{sum(rows.values())} rows, {found.of('P8').facts['tokens']:,} tokens: passed {found.passed}"
    yield f"  {seconds:.1f} s, {cpu_s:.1f} s of CPU time"


def faults(place: Path, _device: str) -> Iterator[str]:
    """Planted faults and sound set-ups, as in the tests."""
    samples = made.make_samples(1, n_recordings=4, turns=12)
    validation = made.make_samples(2, n_recordings=1, turns=8, split="validation")
    run = train(samples, made.SMALL, place / "run", validation=validation)

    def world(name: str) -> planted.World:
        (place / name).mkdir()
        return planted.World(samples, validation, made.SMALL, place / name, run.run_folder / "base")

    caught = [code for code, plant in planted.FAULTS.items() if code in plant(world(code))]
    alarms = [name for name, set_up in planted.SOUND.items() if set_up(world(name))]
    yield f"  {len(caught)} of {len(planted.FAULTS)} planted faults caught"
    yield f"  {len(alarms)} false alarms on {len(planted.SOUND)} sound set-ups {alarms or ''}"


def memory(place: Path, device: str) -> Iterator[str]:
    """The formula's bytes beside the peak of two steps, as the preflight takes them."""
    if device == "cpu":
        yield "  measured on a GPU only"
        return
    ratios = []
    for found in measure(place, make_samples(200)):
        ratios.append(found.formula / found.peak)
        yield told(found)
    yield whole_run(place)
    yield f"  the formula says {min(ratios):.2f} to {max(ratios):.2f} of the peak, {len(ratios)} steps"


def whole_run(place: Path) -> str:
    """Train in full, measuring and reloading, and see whether any part of it takes more than the two steps said."""
    samples, held_out = make_samples(100, longest=200), make_samples(20, "validation", seed=2, longest=200)
    preset = PRESETS["8gb"]
    folder = save_random(place / "whole", preset.architecture, samples)
    settings = TrainSettings(preset="8gb", base=str(folder), device="cuda", max_steps=6, eval_steps=3, packing=False)
    give_back()
    run = train(samples, settings, place / "run", validation=held_out)
    whole = peak_bytes()
    steps = next(check.facts for check in run.preflight.checks if check.name == "two steps")
    reload = run.preflight.of("P15").facts
    answers = load(run.run_folder)
    give_back()
    torch.cuda.reset_peak_memory_stats()
    answers.logprobs(held_out)
    scored = peak_bytes()
    answers.generate(held_out, 1)
    gb = [float(str(each)) / GB for each in (steps["formula"], steps["peak"], whole, scored, peak_bytes())]
    told = [
        f"{what} {each:.2f}"
        for what, each in zip(("formula", "two steps", "training", "scoring", "use"), gb, strict=True)
    ]
    return f"  a whole run of the 8gb preset, GB: {', '.join(told)}; reloaded: {reload}"


PARTS = {"speed": speed, "start": start, "memory": memory, "preflight": many_rows, "faults": faults}
ON_A_GPU = ("speed", "start", "memory")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="measure there only; on both without it")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    torch.set_num_threads(1)
    for name in chosen.parts or PARTS:
        for device in ("cpu", "cuda") if name in ON_A_GPU else ("cpu",):
            if chosen.device in (None, device):
                _run(name, device)


def _run(name: str, device: str) -> None:
    print(f"{name}, {device}", flush=True)
    if device == "cuda" and not torch.cuda.is_available():
        print("  no GPU here")
        return
    with tempfile.TemporaryDirectory() as folder:
        for line in PARTS[name](Path(folder), device):
            print(line, flush=True)


if __name__ == "__main__":
    main()
