"""Chat read from the picture: frames, lines of text in them, messages told from lines, each message once."""
