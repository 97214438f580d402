"""How much memory a step takes on a GPU, beside what the formula says: parts of `just bench train`."""
