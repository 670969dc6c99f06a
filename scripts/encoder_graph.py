#!/usr/bin/env python3
"""Writes afterword/screening/encoder.onnx: what the sentence encoders do, without their numbers.

    python scripts/encoder_graph.py       needs the environment of scripts/safety-training.txt

The steps of a BERT encoder (Devlin et al. 2018, arXiv 1810.04805) for one sequence of vectors of
word pieces, in operators of ONNX that ONNX Runtime knows. The matrices are named in it as kept
elsewhere; `afterword.screening.embedding` gives them when the file is read, so that one graph
serves all encoders of this build.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from afterword.screening.embedding import (  # noqa: E402
    EPSILON,
    GIVEN,
    GRAPH,
    HEADS,
    LAYERS,
    PARTS,
    VECTORS,
    WIDTH,
)

WIDE = 4 * WIDTH
OPSET, LAYOUT = 20, 9


class Graph:
    """Collects steps, and what they need."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.kept: list[onnx.TensorProto] = []

    def step(self, kind: str, *inputs: str, **how: object) -> str:
        """Adds a step; what it gives is named after its place."""
        name = f"step {len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **how))
        return name

    def elsewhere(self, name: str, *shape: int) -> str:
        """Numbers that come when the file is read."""
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="elsewhere")
        self.kept.append(tensor)
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        """Numbers that belong to the build."""
        self.kept.append(numpy_helper.from_array(value, name))
        return name

    def linear(self, name: str, state: str, rows: int, columns: int) -> str:
        """The matrix is turned: what comes in times `<name>.weight` (rows x columns)."""
        product = self.step("MatMul", state, self.elsewhere(f"{name}.weight", rows, columns))
        return self.step("Add", product, self.elsewhere(f"{name}.bias", columns))

    def normed(self, name: str, state: str) -> str:
        scale, shift = (self.elsewhere(f"{name}.{one}", WIDTH) for one in ("weight", "bias"))
        return self.step("LayerNormalization", state, scale, shift, axis=-1, epsilon=EPSILON)


def build() -> onnx.ModelProto:
    graph = Graph()
    graph.constant("apart", np.array([0, HEADS, WIDTH // HEADS], np.int64))
    graph.constant("together", np.array([0, WIDTH], np.int64))
    graph.constant("evened", np.array(1 / math.sqrt(WIDTH // HEADS), np.float32))
    state = graph.normed("embeddings.LayerNorm", GIVEN)
    for number in range(LAYERS):
        state = layer(graph, f"encoder.layer.{number}", state)
    graph.step("ReduceMean", state, graph.constant("rows", np.array([0])), keepdims=0)
    graph.nodes[-1].output[0] = VECTORS
    shapes = (GIVEN, ["length", WIDTH]), (VECTORS, [WIDTH])
    given, vectors = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes
    )
    made = helper.make_graph(graph.nodes, "encoder", [given], [vectors], graph.kept)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, opset_imports=opsets, ir_version=LAYOUT)


def layer(graph: Graph, name: str, state: str) -> str:
    heads = {
        part: graph.step(
            "Transpose",
            graph.step(
                "Reshape", graph.linear(f"{name}.{PARTS[part]}", state, WIDTH, WIDTH), "apart"
            ),
            perm=perm,
        )
        for part, perm in (("query", [1, 0, 2]), ("key", [1, 2, 0]), ("value", [1, 0, 2]))
    }
    score = graph.step("Mul", graph.step("MatMul", heads["query"], heads["key"]), "evened")
    mixed = graph.step("MatMul", graph.step("Softmax", score, axis=-1), heads["value"])
    flat = graph.step("Reshape", graph.step("Transpose", mixed, perm=[1, 0, 2]), "together")
    seen = graph.linear(f"{name}.{PARTS['mixed']}", flat, WIDTH, WIDTH)
    state = graph.normed(f"{name}.attention.output.LayerNorm", graph.step("Add", state, seen))
    wide = graph.linear(f"{name}.{PARTS['wide']}", state, WIDTH, WIDE)
    # The tanh form: what the changes were trained with.
    bent = graph.step("Gelu", wide, approximate="tanh")
    narrow = graph.linear(f"{name}.{PARTS['narrow']}", bent, WIDE, WIDTH)
    return graph.normed(f"{name}.output.LayerNorm", graph.step("Add", state, narrow))


if __name__ == "__main__":
    GRAPH.write_bytes(build().SerializeToString(deterministic=True))
