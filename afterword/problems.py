"""What is wrong in a data file, and where in it."""


class DataProblem(ValueError):
    """A rule that data breaks; `path` leads to the place, as keys and positions."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        where = " > ".join(str(part) for part in path)
        super().__init__(f"{where}: {message}" if where else message)
        self.path = path
