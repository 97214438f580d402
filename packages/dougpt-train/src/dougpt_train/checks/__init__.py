"""One module a kind of check; each takes the prepared run and returns what it found."""
