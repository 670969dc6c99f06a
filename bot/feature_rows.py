"""What a classifier is given of messages, in one step for all of them, and a hash of features.

Stock Rasa puts each message's row together feature by feature, and checks each step: half of the
time that the classifier trains. The rows are the same (tests/bot/test_feature_rows.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from scipy import sparse


def feature_rows(messages: Sequence[Message]) -> sparse.csr_matrix:
    """One row for each message: its sparse features of the whole text, then the dense ones.

    Raises:
        ValueError: messages that were not given the same features.
    """
    rows, columns, values = [], [], []
    widths = set()
    for number, message in enumerate(messages):
        start = 0
        for one in sorted(filter(_is_whole_text, message.features), key=Features.is_dense):
            found = sparse.coo_matrix(one.features)
            rows.append(found.row + number)
            columns.append(found.col + start)
            values.append(found.data)
            start += found.shape[1]
        widths.add(start)
    if len(widths) > 1:
        raise ValueError("Some messages have other features than the rest.")
    shape = (len(messages), max(widths, default=0))
    if not values:
        return sparse.csr_matrix(shape)
    places = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), places), shape=shape)


def hashed(matrix: sparse.spmatrix) -> str:
    """What Rasa's cache knows a sparse matrix by. Stock Rasa writes every number out."""
    found = matrix.tocoo()
    digest = hashlib.sha256(repr((found.shape, found.dtype)).encode())
    for part in (found.row, found.col, found.data):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _is_whole_text(features: Features) -> bool:
    return bool(features.attribute == TEXT and features.type == FEATURE_TYPE_SENTENCE)
