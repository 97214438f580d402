"""Streamers' recordings and their chat to a dataset and a local model that answers like the chat."""
