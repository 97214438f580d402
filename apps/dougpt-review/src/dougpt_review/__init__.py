"""A local page on which a person says who answered what, and the labels that come of it."""
