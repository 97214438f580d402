"""One module a command; each holds `command`, parses, calls one function and prints."""
