"""How well the assistant understands: labelled lines, read as a turn would read them."""
