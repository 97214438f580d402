"""One module a stage: `run(task)` reads tables, calls the library, writes the artifacts and returns a line about it.

These modules import the libraries' heavy parts at their top; nothing imports them before a stage really runs.
"""
