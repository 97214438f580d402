# The verbs of this workspace; `just` lists them. Everything runs through uv, which `python3 -m pip install uv` brings.

set positional-arguments
export UV_NO_PROGRESS := env("UV_NO_PROGRESS", "1")

workspace := env("DOUGPT_WORKSPACE", "workspaces/examples")
libraries := "schema media chat align curate train eval review"

[private]
default:
    @just --list --unsorted

# Everything for development: all packages editable, the embedded engines, the tools (about 8 GB on Linux)
install:
    uv sync

# The example channel end to end: ingest, align, curate, train, evaluate; then how good its links are
pipeline *options:
    @echo "Installing what the pipeline needs and no more: about 7 GB on Linux, most of it PyTorch with its CUDA libraries" >&2
    uv sync --no-default-groups --quiet
    uv run --no-sync dougpt init {{ workspace }} --key-file examples/key.hex --settings examples/dougpt.toml
    uv run --no-sync dougpt pipeline examples/recordings --workspace {{ workspace }} --yes "$@"
    uv run --no-sync python examples/score_links.py {{ workspace }}

# What a change must pass
check: lint types imports audit test

# Style of every file
lint:
    uv run ruff check .
    uv run ruff format --check .

# Complete types, strictly
types:
    uv run mypy packages/*/src apps/*/src

# Who may import whom
imports:
    uv run lint-imports

# Known vulnerabilities of what the lock installs; says so where no service of advisories can be reached
audit *options:
    @uv run --no-sync python scripts/audit.py "$@"

# pytest with the arguments given, on all cores; all fast tests without any
test *arguments:
    uv run pytest -n auto --dist loadfile --no-loadscope-reorder "$@"

# The tests that take minutes: every package alone, the release, ten kills of the pipeline
test-slow:
    uv run pytest -m slow

# PaddleOCR's engine against a model built on the spot, in an environment of its own (1.2 GB): PaddlePaddle fits no other
paddle:
    uv run --isolated --exact --no-default-groups --package dougpt-chat --extra paddle --group paddle pytest -m slow tests/chat/test_paddleocr.py

# A GGUF file through llama.cpp's converter and into llama.cpp, whose checkout is named; builds llama-cpp-python
gguf checkout:
    LLAMA_CPP="$(realpath "$1")" uv run --with llama-cpp-python --with sentencepiece pytest -m slow tests/train/test_gguf.py

# ruff's formatter and its safe fixes
format:
    uv run ruff check --fix .
    uv run ruff format .

# A library's tests in an environment that holds only what it declares, such as `just alone chat`; all of them without a name
alone *names:
    @for name in ${@:-{{ libraries }}}; do \
        echo "== dougpt-$name alone" && \
        uv run --isolated --exact --no-default-groups --package dougpt-$name --group test pytest tests/$name || exit 1; \
    done

# The same with the newest versions that the index has, past the lock
alone-newest *names:
    @for name in ${@:-{{ libraries }}}; do \
        echo "== dougpt-$name with the newest versions" && \
        uv run python scripts/alone_newest.py $name || exit 1; \
    done

# The benchmarks, each against its reference in the same run; `just bench media --only clicks` runs a part of one
bench *arguments:
    @names=; while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do names="$names $1"; shift; done; \
    for name in ${names:-$(ls benchmarks | sed -n 's/\.py$//p')}; do \
        uv run --group bench python benchmarks/$name.py "$@" || exit 1; \
    done

# Kills the pipeline at ten random moments and compares with an undisturbed run, byte for byte
kill-pipeline *options:
    uv run python tests/pipeline/kill_pipeline.py "$@"

# Chats in every format, damaged at random and read; `--count 200000 --seed 7` for more and others
fuzz-chat *options:
    uv run python tests/chat/fuzz_exports.py "$@"

# Small media files, damaged at random and read; `--count 5000 --seed 7` for more and others, `--first N` to go on
fuzz-media *options:
    uv run python tests/media/fuzz_media.py "$@"

# Thirty recordings of three channels, one broken, one killed, one added, a person forgotten; `--recordings 6` for fewer
thirty *options:
    uv run --with espeakng-loader==0.2.4 python scripts/thirty_recordings.py "$@"

# Kills, damaged inputs, a full disk, wrong clocks, two at once, locked folders, hostile texts; `--full` takes hours
torture *options:
    uv run python scripts/torture.py "$@"

# The site, strictly (not quietly: that hides the warnings that strictness counts), with links checked and its examples run
docs:
    uv run --group docs python docs/generate.py
    uv run --no-sync python scripts/check_links.py
    NO_MKDOCS_2_WARNING=1 uv run --group docs mkdocs build --strict
    uv run pytest tests/docs

# All wheels and sdists, installed together and each alone into empty environments, and what they are made of (CycloneDX)
build:
    rm -rf dist
    uv build --all-packages --out-dir dist --quiet
    uv run --no-sync python scripts/sbom.py dist
    uv run python scripts/check_release.py dist

# Exactly the files that `just build` checked, to an index by the name in uv's settings or by the URL of uploads
publish index *options:
    shift && uv publish {{ if index =~ "://" { "--publish-url" } else { "--index" } }} {{ index }} "$@" dist/*.whl dist/*.tar.gz

# What `just build` made, published to an index on loopback; each library from there into an empty environment, by the guide
release-trial *options:
    uv run --no-sync python scripts/release_trial.py "$@"

# Takes the pictures of the guide again, from what `just pipeline` made; needs chromium
pictures:
    uv run python scripts/pictures.py {{ workspace }}

# Makes the example recordings again
examples:
    uv run examples/make_examples.py

# The workflow through a Slurm of one node on this machine; needs Debian's slurmctld, slurmd, slurm-client and munge
slurm *options:
    uv run --with snakemake-executor-plugin-slurm==2.8.0 python scripts/slurm_one_node.py "$@"
