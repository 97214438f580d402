"""Does it answer like his chat: measures, baselines and gates over any model."""
