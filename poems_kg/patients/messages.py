"""
Turn Phenopackets in protobuf, one a file or many with their lengths before them, into the objects of their JSON.

The PyPI package ``phenopackets`` has the schema; it is imported only when such a file is read.
"""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from poems_kg.patients.patient import PatientError, RecordError

if TYPE_CHECKING:
    from phenopackets import Phenopacket

_FIRST_TAGS = {number << 3 | 2 for number in range(1, 11)}
"""First bytes that a Phenopacket can have: the tag of one of its ten fields, all of which have a length."""


def read_messages(stream: IO[bytes], limit: int) -> Iterator[dict[str, object] | RecordError]:
    """
    Read the messages of a file, one after the other; what is none gives an error in its place, and ends the file.

    :param limit: the longest message to be read, in bytes.
    :raises PatientError: if the package ``phenopackets`` is not installed.
    """
    head = stream.read(1)
    if not head:
        return
    if head[0] in _FIRST_TAGS:
        data = head + stream.read(limit)
        yield RecordError("", f"longer than {limit:,} bytes; divide it") if len(data) > limit else _read(data)
        return
    while head:
        length = _varint(head, stream)
        if length is None or length > limit:
            what = "no length of a message" if length is None else f"a message of {length:,} bytes, above {limit:,}"
            yield RecordError("", f"{what}; write one Phenopacket, or several each with its length before it")
            return
        data = stream.read(length)
        if len(data) < length:
            yield RecordError("", "the last message is cut off; write the file again")
            return
        yield _read(data)
        head = stream.read(1)


def _varint(head: bytes, stream: IO[bytes]) -> int | None:
    value, shift = head[0] & 0x7F, 7
    while head[0] & 0x80:
        head = stream.read(1)
        if not head or shift > 28:
            return None
        value |= (head[0] & 0x7F) << shift
        shift += 7
    return value


def _schema() -> "type[Phenopacket]":
    try:
        from phenopackets import Phenopacket
    except ImportError as error:
        raise PatientError(
            "Phenopackets in protobuf need the package phenopackets; pip install 'poems-kg[diagnose]'"
        ) from error
    schema: type[Phenopacket] = Phenopacket
    return schema


def _read(data: bytes) -> dict[str, object] | RecordError:
    message = _schema()()
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError

    try:
        message.ParseFromString(data)
    except DecodeError:
        return RecordError("", "not a Phenopacket in protobuf; look what it is, or save it as JSON")
    # Bytes of a family or cohort can pass for a Phenopacket: their messages then stand where texts are expected.
    names = (message.id, message.subject.id, *message.subject.alternate_ids)
    if any(not name.isprintable() for name in names):
        return RecordError(
            "", "no Phenopacket v2 (a family, a cohort?); write each Phenopacket as a message of its own"
        )
    return dict(MessageToDict(message))
