"""The statistical layer: sentences that no rule foresaw (docs/safety-model.md).

Two readers give each window of a message a share for each class, and their mean counts: the
sentence encoder with what it has learnt here, and a linear model over letters and words.
"""


from afterword.safety.finding import Category
from afterword.screening import one_core as one_core  # before numpy
from afterword.settings import PROJECT

FOLDER = PROJECT / "safety" / "model"
MANIFEST = "manifest.json"
ADAPTER, MARKS = "adapter.safetensors", "marks.safetensors"
MOST_WINDOWS = 10
"""Windows that the encoder reads in one message: about 0.1 s. The linear model reads all of them."""
_REMEMBERED = 512
_SHARE = 0.25
"""A further category counts when its share is at least this part of all that is live."""
_LIVE = len(Category)
