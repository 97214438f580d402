"""A pretended Twitch channel: what a streamer says, what chat writes, and the files that downloaders make of both.

Written from how streams and their chats behave, by simulating the people in them; it knows nothing of dougpt and
imports nothing of it, so that what dougpt finds in its recordings is no echo of its own equations.
Only `speech`, `sound`, `picture` and `film` need more than the standard library.
"""
