"""What a client asks of a page: the values of path, query string and form, as something a worker can be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    field: str
    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """Names and values, those of the path first, in the order in which they came; a name may come more than once."""

    values: tuple[tuple[str, str], ...] = ()
    files: tuple[Upload, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name."""
        return next((value for key, value in self.values if key == name), default)

    def all(self, name: str) -> list[str]:
        """All values of that name."""
        return [value for key, value in self.values if key == name]
