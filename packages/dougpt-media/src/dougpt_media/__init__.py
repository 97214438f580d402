"""Recordings to words with times: ingest, decode, captions, forced alignment, transcription."""
