"""Where in the parameters a setting is added, for whoever is told to add it."""

from collections.abc import Collection

from msgspec import Struct

_NEW = {"pricing": "models", "budgets": "product", "features": "product"}


class Places(Struct, frozen=True):
    """The parameters below `root` with documents in them, by their full names."""

    root: str
    parameters: Collection[str] = ()

    def to_add(self, section: str) -> str:
        """A parameter below `section` by its name: all of them are merged, so any serves."""
        folder = f"{self.root}/{section}/"
        known = sorted(name for name in self.parameters if name.startswith(folder))
        if not known:
            return f"a new parameter, such as {folder}{_NEW[section]}"
        return f"{known[0]}, or another one there" if known[1:] else known[0]
