"""Runs a trained graph in an order that is worked out once.

Rasa hands every message to dask, which plans the same small graph anew each time. Only prediction
uses this runner; training keeps Rasa's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner

# A node to call, its name, and the names of the nodes or inputs that it is called with.
_Step = tuple[str, Callable[..., Any], tuple[str, ...]]


class OrderedGraphRunner(DaskGraphRunner):
    """Same nodes, same results as `DaskGraphRunner`, without the planning."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need; see the parent class."""
        wanted = tuple(targets or self._graph_schema.target_names)
        results: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, node, needs in self._steps(wanted):
            results[name] = node(*(results.get(need, need) for need in needs))
        return {name: results[name][1] for name in wanted}

    def _steps(self, targets: Sequence[str]) -> list[_Step]:
        plans: dict[Sequence[str], list[_Step]] = self.__dict__.setdefault("_plans", {})
        if targets not in plans:
            nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
            needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
            order = TopologicalSorter(needs).static_order()
            plans[targets] = [
                (name, self._instantiated_nodes[name], needs[name])
                for name in order
                if name in nodes
            ]
        return plans[targets]
