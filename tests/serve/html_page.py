"""A page as its readers have it, for tests: well formed, its parts named and tied together, nothing to run in it."""

from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "link", "input", "br", "hr", "img", "source", "wbr"}
CONTROLS = {"input", "select", "textarea"}
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list")


class HtmlPage(HTMLParser):
    """Reads a page; :meth:`check` says what keeps some reader from using it."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.faults: list[str] = []
        self.feed(body.decode("utf-8"))
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"an attribute twice in {tag} {attrs}")
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID and not (self.open and self.open[0] == "svg" and tag in {"path", "rect", "use"}):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> where it does not belong, in {self.open}")
            self.open.append("?")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((tuple(self.open), data))

    @property
    def text(self) -> str:
        """All its words, blanks folded."""
        return " ".join(" ".join(data for within, data in self.texts if "script" not in within).split())

    def words_in(self, tag: str) -> list[str]:
        """The text pieces within elements of a tag."""
        return [data.strip() for within, data in self.texts if tag in within]

    def having(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of the elements of a tag that have some."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [found for name, found in self.tags if name == tag and wanted.items() <= found.items()]

    def check(self) -> None:
        """Refuse what is not well formed, has no name, points nowhere, or could be run."""
        ids = [found["id"] for _, found in self.tags if "id" in found]
        faults = [*self.faults, *(f"id twice: {each}" for each in ids if ids.count(each) > 1)]
        labelled = {found["for"] for tag, found in self.tags if tag == "label" and "for" in found}
        levels = [int(tag[1]) for tag, _ in self.tags if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
        if levels.count(1) != 1 or any(later > before + 1 for before, later in pairwise(levels)):
            faults.append(f"headings out of order: {levels}")
        for tag, found in self.tags:
            for name in REFERENCES:
                faults += [
                    f"{tag} {name} points nowhere: {each}" for each in found.get(name, "").split() if each not in ids
                ]
            if tag == "a" and found.get("href", "").startswith("#") and found["href"][1:] not in ids:
                faults.append(f"link to nothing: {found['href']}")
            is_control = tag in CONTROLS and found.get("type") not in {"hidden", "submit"}
            if is_control and found.get("id") not in labelled and "aria-label" not in found:
                faults.append(f"no label: {tag} {found}")
            if tag == "th" and "scope" not in found:
                faults.append(f"th without scope: {found}")
            if tag == "script" and found.get("type") != "application/json" and "src" not in found:
                faults.append("a script inside the page")
            faults += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
            faults += [f"{tag} {value}" for value in found.values() if value.strip().lower().startswith("javascript:")]
        assert faults == []
