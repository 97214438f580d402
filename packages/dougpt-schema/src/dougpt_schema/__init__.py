"""Contracts, artifacts and fingerprints: the ground that every dougpt library stands on."""
