"""The names of the files that make up a safety model."""

MANIFEST = "manifest.json"
CHANGES = "changes.safetensors"
MARKS = "marks.safetensors"
WORDS = "es-words.txt"
FILES = (CHANGES, MARKS, WORDS)
LAYOUT = 2
"""Of the files; a model that was written for another one is not read."""
