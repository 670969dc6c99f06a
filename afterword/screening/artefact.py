"""The names of the files that make up a safety model."""

MANIFEST = "manifest.json"
CHANGES = "changes.safetensors"
MARKS = "marks.safetensors"
WORDS = "es-words.txt"
MULTILINGUAL = "multilingual.safetensors"
PIECES = "multilingual-pieces.txt"
FILES = (CHANGES, MARKS, WORDS, MULTILINGUAL, PIECES)
LAYOUT = 3
"""Of the files; a model that was written for another one is not read."""
