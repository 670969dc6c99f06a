"""The names of the files that make up a safety model."""

MANIFEST = "manifest.json"
ADAPTER = "adapter.safetensors"
MARKS = "marks.safetensors"
WORDS = "es-words.txt"
FILES = (ADAPTER, MARKS, WORDS)
LAYOUT = 1
"""Of the files; a model that was written for another one is not read."""
