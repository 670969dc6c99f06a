"""The reflection: pure functions over plain data, no I/O."""
