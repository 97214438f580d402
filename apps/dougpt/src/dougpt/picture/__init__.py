"""Chat in the picture of a recording: whether it is read, and reading it."""
