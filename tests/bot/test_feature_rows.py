"""What is ours in Rasa's training gives the same as Rasa's own."""

import subprocess

from afterword.evaluation.running import RASA_PYTHON
from afterword.settings import PROJECT

SAME = """
import numpy as np
from bot import tensorflow_stand_in
tensorflow_stand_in.install()
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from scipy import sparse
from bot.feature_rows import feature_rows
from bot.install import install

chance = np.random.default_rng(4)

def features(values, kind, origin):
    return Features(values, kind, "text", origin)

def message(widths, length):
    found = []
    for number, width in enumerate(widths):
        dense = chance.integers(0, 3, (length, width)).astype(float)
        words = sparse.csr_matrix(dense) if number % 2 else sparse.coo_matrix(dense)
        whole = sparse.coo_matrix(dense.sum(axis=0, keepdims=True))
        origin = f"f{number}"
        found += [features(words, "sequence", origin), features(whole, "sentence", origin)]
    vector = chance.normal(size=(1, 4)).astype(np.float32)
    found.insert(2, features(vector, "sentence", "vector"))
    return Message({"text": "x"}, features=found)

messages = [message((7, 3, 5), length) for length in (1, 2, 6)]
stock = LogisticRegressionClassifier._create_X(None, messages)
ours = feature_rows(messages)
assert ours.shape == stock.shape == (3, 19), (ours.shape, stock.shape)
assert (ours.toarray() == stock.toarray()).all()
assert ours.has_canonical_format

mixed = [messages[0], message((7, 3, 4), 2)]
try:
    feature_rows(mixed)
except ValueError:
    pass
else:
    raise AssertionError("messages with other features were taken")

install()
tokens = [Token("a", 0), Token("a", 1), Token("b", 0), Token("a", 0, lemma="b")]
tokens.append(Token("a", 0, data={"pattern": {"number": True}}))
assert len({one.fingerprint() for one in tokens}) == len(tokens)
assert Token("a", 0).fingerprint() == tokens[0].fingerprint()
places = [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (0, 0, 2.0)]
sparse_ones = [sparse.coo_matrix(([v], ([r], [c])), (2, 2)) for r, c, v in places]
sparse_ones.append(sparse.coo_matrix(([1.0], ([0], [0])), (2, 3)))
prints = [features(one, "sentence", "f").fingerprint() for one in sparse_ones]
assert len(set(prints)) == len(prints)
assert features(sparse_ones[0].copy(), "sentence", "f").fingerprint() == prints[0]
assert (LogisticRegressionClassifier._create_X(None, messages).toarray() == stock.toarray()).all()
"""


def test_rows_and_fingerprints_are_those_of_stock_rasa() -> None:
    done = subprocess.run(
        [str(PROJECT / RASA_PYTHON), "-W", "ignore", "-c", SAME],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
