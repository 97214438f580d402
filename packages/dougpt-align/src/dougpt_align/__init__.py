"""Who answered what: links from speech to chat, how sure they are, and why not."""
