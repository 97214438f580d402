"""What `scripts/thirty_recordings.py` is made of: recordings to work on, and how a run is watched."""
