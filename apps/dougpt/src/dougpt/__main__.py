"""`python -m dougpt`: the same as `dougpt`."""

from dougpt.cli import main

main(prog_name="dougpt")
