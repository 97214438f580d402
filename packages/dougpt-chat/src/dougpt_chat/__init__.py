"""Chat exports and chat in the picture to events on one clock, with pseudonyms from the first row."""
