"""Samples to an adapter: render, preflight, fine-tune, load; reproducible and provable."""
