"""
Find the passage of a phrase in a source text, and find passages again in a local copy.

A passage is a run of whole sentences or one list item, at most 600 characters, given by the offsets of its first
character and of the one after its last, and by the SHA-256 of its UTF-8 bytes. Texts are never stored.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from poems_kg.claims import Claim, Source
from poems_kg.ids import PoemsKgError

MAX_LENGTH = 600
"""Characters in the longest passage."""

_BULLET = re.compile(r"(?:[•*\-–]|\d{1,2}\.)\s+")
_SENTENCE_END = re.compile(r"[.!?][\"”’)]*\s+(?=[A-Z“\"(])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|Dr|St|Ave|No|vol|eds?|Ed|Inc|M\.D|vs)|\b[A-Z])\.$")
_REFERENCE = re.compile(r"\b(?:19|20)\d\d[;:]|\bet al[.,]|\bIn: ")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text: ``text[start:end]`` and the SHA-256 of it."""

    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A passage that is not where it should be; ``found_at`` has the new start, or None if the words are gone."""

    source_id: str
    start: int
    end: int
    claim_ids: tuple[str, ...]
    found_at: int | None

    def __str__(self) -> str:
        where = "is gone" if self.found_at is None else f"moved to {self.found_at}"
        claims = ", ".join(self.claim_ids)
        return f"{self.source_id}:{self.start}-{self.end}: passage {where}; look again at {claims}"


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of a text, in hexadecimal."""
    return sha256(text.encode("utf-8")).hexdigest()


def read_text(path: Path) -> str:
    """
    Read a source text as it is: offsets count its characters, line ends are left alone.

    :raises PoemsKgError: if the file cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PoemsKgError(f"{path}: cannot be read ({reason}); give the folder of the source texts") from error
    except UnicodeDecodeError as error:
        raise PoemsKgError(f"{path}: byte {error.start} is not UTF-8; get an undamaged copy") from error


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """
    Offsets of every sentence and list item, bullets left out; a line of a reference list is one passage.

    >>> [("One. Two.")[a:b] for a, b in sentences("One. Two.")]
    ['One.', 'Two.']
    """
    for line in re.finditer(r"[^\n\r]*\S", text):
        begin = line.start() + len(line.group()) - len(line.group().lstrip())
        bullet = _BULLET.match(text, begin, line.end())
        begin = bullet.end() if bullet else begin
        if not _REFERENCE.search(line.group()):
            for end in _SENTENCE_END.finditer(text, begin, line.end()):
                if not _ABBREVIATION.search(text, begin, end.start() + 1):
                    yield begin, end.start() + len(end.group().rstrip())
                    begin = end.end()
        yield begin, line.end()


def locate(text: str, phrase: str) -> list[Passage]:
    """
    The passages that contain a phrase, one for each place where it stands.

    :raises PoemsKgError: if the phrase is not in the text, or its sentences are longer than 600 characters together.
    """
    if not phrase.strip():
        raise PoemsKgError("the phrase is empty; give some words of the source")
    spans = list(sentences(text))
    found: list[Passage] = []
    for match in re.finditer(re.escape(phrase.strip()), text):
        cover = [span for span in spans if span[0] < match.end() and span[1] > match.start()]
        start, end = (cover[0][0], cover[-1][1]) if cover else match.span()
        if end - start > MAX_LENGTH:
            raise PoemsKgError(f"{phrase!r} spans {end - start} characters; take a phrase within {MAX_LENGTH}")
        passage = Passage(start, end, digest(text[start:end]))
        if passage not in found:
            found.append(passage)
    if not found:
        raise PoemsKgError(f"{phrase!r} is not in the text; copy the words exactly, capitals and quotes included")
    return found


def find_file(source: Source, folder: Path) -> Path:
    """
    The local copy of a source: the file of its name, else any file of the folder with its hash.

    :raises PoemsKgError: if there is none.
    """
    if not folder.is_dir():
        raise PoemsKgError(f"{folder}: no such folder; give the folder of the source texts")
    named = folder / source.file
    if named.is_file():
        return named
    for path in sorted(folder.iterdir()):
        if path.is_file() and sha256(path.read_bytes()).hexdigest() == source.sha256:
            return path
    raise PoemsKgError(f"{folder}: no copy of {source.source_id} ({source.file}); put it there")


def find_drift(source: Source, text: str, claims: Iterable[Claim]) -> list[Drift]:
    """Every passage of a source that a text does not have at its place, with the place where its words are now."""
    claim_ids: dict[Passage, list[str]] = defaultdict(list)
    for claim in claims:
        if claim.source_id == source.source_id and claim.start is not None and claim.end is not None:
            claim_ids[Passage(claim.start, claim.end, claim.sha256)].append(claim.claim_id)
    lost = [passage for passage in claim_ids if digest(text[passage.start : passage.end]) != passage.sha256]
    places = _search(text, lost)
    return [
        Drift(source.source_id, passage.start, passage.end, tuple(claim_ids[passage]), places.get(passage))
        for passage in sorted(lost, key=lambda passage: (passage.start, passage.end))
    ]


def _search(text: str, lost: Iterable[Passage]) -> dict[Passage, int]:
    by_length: dict[int, dict[str, Passage]] = defaultdict(dict)
    for passage in lost:
        by_length[passage.end - passage.start][passage.sha256] = passage
    places: dict[Passage, int] = {}
    for length, wanted in by_length.items():
        for start in range(len(text) - length + 1):
            passage_here = wanted.get(digest(text[start : start + length]))
            if passage_here is not None:
                places.setdefault(passage_here, start)
    return places
