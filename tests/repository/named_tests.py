"""The tests that a document names."""

import ast
from functools import cache

from afterword.settings import PROJECT


@cache
def running_tests(path: str) -> frozenset[str]:
    """Names of the tests in a file, without those that are always left out."""
    file = PROJECT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any(is_left_out(ast.unparse(one)) for one in node.decorator_list)
    )


def is_left_out(decorator: str) -> bool:
    """Skipped or expected to fail; a skip where a program is missing is another thing."""
    name, _, _ = decorator.partition("(")
    return name in ("pytest.mark.skip", "pytest.mark.xfail")
