"""Fetching: a file is in its place whole and checked, or not at all, whatever the server on loopback does."""

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poems_kg.ids import PoemsKgError
from poems_kg.releases import fetching
from poems_kg.releases.fetching import FetchError, download

BODY = bytes(range(256)) * 40
LATER = "Wed, 02 Jan 2030 07:06:32 GMT"
EARLIER = "Tue, 01 Jan 2030 07:06:32 GMT"


@dataclass
class Site:
    """What the server has and how it misbehaves; ``cuts`` are how many bytes each answer gives before it breaks."""

    url: str = ""
    body: bytes = BODY
    etag: str = '"one"'
    modified: str = ""
    status: int = 200
    cuts: list[int | None] = field(default_factory=list)
    knows_ranges: bool = True
    minds_if_range: bool = True
    shift: int = 0
    length: int | None = None
    says_length: bool = True
    encoding: str = ""
    location: str = ""
    hangs: threading.Event | None = None
    asked: list[str] = field(default_factory=list)


def answer(site: Site, handler: BaseHTTPRequestHandler) -> None:
    """Answer one GET in the manner of ``site``."""
    asked = handler.headers.get("Range", "")
    site.asked.append(asked)
    if site.location and handler.path == "/file":
        handler.send_response_only(302)
        handler.send_header("Location", site.location)
        handler.end_headers()
        return
    start = 0
    is_same = handler.headers.get("If-Range") in (site.etag, site.modified) or not site.minds_if_range
    if asked and site.knows_ranges and is_same:
        start = int(asked.removeprefix("bytes=").removesuffix("-")) + site.shift
    past = start >= len(site.body) > 0 and start > 0
    status = site.status if site.status != 200 else 416 if past else 206 if start else 200
    handler.send_response_only(status)
    handler.send_header("Date", LATER)
    for name, value in (("ETag", site.etag), ("Last-Modified", site.modified), ("Content-Encoding", site.encoding)):
        if value:
            handler.send_header(name, value)
    rest = site.body[start:] if status in (200, 206) else b"an error page"
    if site.says_length:
        handler.send_header("Content-Length", str(len(rest) if site.length is None else site.length))
    if status == 206:
        handler.send_header("Content-Range", f"bytes {start}-{len(site.body) - 1}/{len(site.body)}")
    handler.end_headers()
    cut = site.cuts.pop(0) if site.cuts else None
    handler.wfile.write(rest[:cut])
    if site.hangs:
        handler.wfile.flush()
        site.hangs.wait(10)


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    """A server whose manner is its attribute ``site``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self.server.site, self)  # type: ignore[attr-defined]

        def log_message(self, *_: Any) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def visit(server: ThreadingHTTPServer, **manner: Any) -> Site:
    site = Site(url=f"http://127.0.0.1:{server.server_address[1]}/file", **manner)
    server.site = site  # type: ignore[attr-defined]
    return site


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "hp.obo"


def files(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


def test_a_file_is_fetched_with_what_the_server_says_of_it(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, modified=EARLIER)
    seen: list[tuple[int, int | None]] = []
    sha256 = hashlib.sha256(BODY).hexdigest()
    got = download(site.url, target, sha256.upper(), lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == BODY
    assert got == fetching.Download(target, sha256, len(BODY), site.url, EARLIER, '"one"')
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert files(target) == {"hp.obo"}


def test_three_breaks_are_one_line_and_the_next_run_goes_on(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, cuts=[100, 50, 25])
    with pytest.raises(FetchError, match=r"^http://\S+/file: broke off after 175 bytes .*; run the same command again"):
        download(site.url, target)
    assert files(target) == {"hp.obo.part", "hp.obo.part.json"}
    seen: list[int] = []
    got = download(site.url, target, report=lambda done, _: seen.append(done))
    assert site.asked == ["", "bytes=100-", "bytes=150-", "bytes=175-"]
    assert seen[0] == 175
    assert target.read_bytes() == BODY
    assert got.sha256 == hashlib.sha256(BODY).hexdigest()
    assert files(target) == {"hp.obo"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.binary(max_size=400), cuts=st.lists(st.integers(0, 90), max_size=8), data=st.data())
def test_any_breaks_give_the_same_file(
    server: ThreadingHTTPServer,
    tmp_path_factory: pytest.TempPathFactory,
    body: bytes,
    cuts: list[int],
    data: st.DataObject,
) -> None:
    manner = data.draw(st.sampled_from([{}, {"knows_ranges": False}, {"etag": ""}, {"etag": "", "modified": EARLIER}]))
    site = visit(server, body=body, cuts=list(cuts), **manner)
    target = tmp_path_factory.mktemp("fetch") / "file"
    for _ in range(len(cuts) + 1):
        try:
            download(site.url, target)
        except FetchError:
            assert not target.exists()
        else:
            break
    assert target.read_bytes() == body
    assert files(target) == {"file"}


def test_a_server_that_ignores_ranges_starts_anew(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, cuts=[100], knows_ranges=False)
    download(site.url, target)
    assert site.asked == ["", "bytes=100-"]
    assert target.read_bytes() == BODY


@pytest.mark.parametrize(
    "manner",
    [{"etag": "", "modified": ""}, {"etag": 'W/"one"', "modified": EARLIER}, {"etag": "", "modified": LATER}],
    ids=["nothing", "weak ETag", "Last-Modified of this second"],
)
def test_without_a_strong_validator_nothing_is_gone_on_with(
    server: ThreadingHTTPServer, target: Path, manner: dict[str, str]
) -> None:
    site = visit(server, cuts=[100, 50], **manner)
    download(site.url, target)
    assert site.asked == ["", "", ""]
    assert target.read_bytes() == BODY
    assert files(target) == {"hp.obo"}


def test_last_modified_is_a_validator_where_there_is_no_etag(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, cuts=[100], etag="", modified=EARLIER)
    download(site.url, target)
    assert site.asked == ["", "bytes=100-"]
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("minds", [True, False], ids=["server minds If-Range", "server does not"])
@pytest.mark.parametrize("kind", ["etag", "modified"])
def test_a_file_that_changed_between_tries_is_not_patched_together(
    server: ThreadingHTTPServer, target: Path, minds: bool, kind: str
) -> None:
    before, after = ({"etag": '"one"'}, {"etag": '"two"'})
    if kind == "modified":
        before, after = {"etag": "", "modified": EARLIER}, {"etag": "", "modified": "Tue, 01 Jan 2030 08:00:00 GMT"}
    with pytest.raises(FetchError):
        download(visit(server, cuts=[100, 0, 0], **before).url, target)
    changed = bytes(reversed(BODY))
    download(visit(server, body=changed, minds_if_range=minds, **after).url, target)
    assert target.read_bytes() == changed


def test_a_part_of_another_address_is_not_gone_on_with(server: ThreadingHTTPServer, target: Path) -> None:
    with pytest.raises(FetchError):
        download(visit(server, cuts=[100, 0, 0]).url, target)
    site = visit(server)
    download(site.url + "?other", target)
    assert site.asked == [""]


def test_a_range_that_is_not_to_be_had_starts_anew(server: ThreadingHTTPServer, target: Path) -> None:
    with pytest.raises(FetchError):
        download(visit(server, cuts=[100, 0, 0]).url, target)
    site = visit(server, body=b"short", etag='"one"')
    download(site.url, target)
    assert site.asked == ["bytes=100-", ""]
    assert target.read_bytes() == b"short"


def test_another_range_than_asked_for_starts_anew(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, cuts=[100], shift=7)
    download(site.url, target)
    assert site.asked == ["", "bytes=100-", ""]
    assert target.read_bytes() == BODY


def test_fewer_bytes_than_announced_is_no_file(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, length=len(BODY) + 5, knows_ranges=False)
    with pytest.raises(
        FetchError, match=rf"broke off after {len(BODY)} bytes \({len(BODY) + 5} bytes were announced\)"
    ):
        download(site.url, target)
    assert not target.exists()


def test_a_server_without_a_length_is_taken_at_its_word(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, says_length=False)
    seen: list[int | None] = []
    assert download(site.url, target, report=lambda _, total: seen.append(total)).size == len(BODY)
    assert set(seen) == {None}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "answered 404 Not Found; check the address"),
        (500, "answered 500 .*; try again later"),
        (204, "answered 204"),
    ],
)
def test_an_error_of_the_server_is_one_line(server: ThreadingHTTPServer, target: Path, status: int, said: str) -> None:
    with pytest.raises(FetchError, match=said) as caught:
        download(visit(server, status=status, body=b"" if status == 204 else BODY).url, target)
    assert "\n" not in str(caught.value)
    assert not target.exists()
    assert isinstance(caught.value, PoemsKgError)


def test_a_server_that_falls_silent_is_left_after_the_timeout(server: ThreadingHTTPServer, target: Path) -> None:
    silence = threading.Event()
    site = visit(server, cuts=[100, 0, 0], hangs=silence)
    try:
        with pytest.raises(FetchError, match=r"broke off after 100 bytes \(timed out\)"):
            download(site.url, target, timeout=0.4)
    finally:
        silence.set()


def test_nobody_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"cannot be fetched \(.*refused\); check the connection, then run"):
        download("http://127.0.0.1:1/file", tmp_path / "file")


def test_a_wrong_checksum_leaves_nothing_and_what_stood_there(server: ThreadingHTTPServer, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"before")
    with pytest.raises(FetchError, match=f"has the SHA-256 {hashlib.sha256(BODY).hexdigest()} and not {'0' * 64}"):
        download(visit(server).url, target, sha256="0" * 64)
    assert target.read_bytes() == b"before"
    assert files(target) == {"hp.obo"}


def test_what_stood_there_stays_when_the_transfer_breaks(server: ThreadingHTTPServer, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"before")
    with pytest.raises(FetchError):
        download(visit(server, cuts=[1, 1, 1]).url, target)
    assert target.read_bytes() == b"before"


def test_redirects_are_followed_and_named(server: ThreadingHTTPServer, target: Path) -> None:
    site = visit(server, location="/moved")
    assert download(site.url, target).url == site.url.replace("/file", "/moved")


@pytest.mark.parametrize("elsewhere", ["ftp://127.0.0.1/file", "file:///etc/passwd"])
def test_a_redirect_leads_nowhere_but_to_http(server: ThreadingHTTPServer, target: Path, elsewhere: str) -> None:
    with pytest.raises(FetchError):
        download(visit(server, location=elsewhere).url, target)
    assert not target.exists()


def test_a_redirect_in_a_circle_is_one_line(server: ThreadingHTTPServer, target: Path) -> None:
    with pytest.raises(FetchError, match=r"answered 302 .*; check the address") as caught:
        download(visit(server, location="/file").url, target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/hp.obo", "hp.obo", ""])
def test_only_http_is_fetched(target: Path, url: str) -> None:
    with pytest.raises(FetchError, match="does not begin with http:// or https://"):
        download(url, target)


def test_an_address_that_is_none_is_one_line(target: Path) -> None:
    with pytest.raises(FetchError, match="is not a right address"):
        download("http://127.0.0.1/a b", target)


def test_compression_that_was_not_asked_for_is_refused(server: ThreadingHTTPServer, target: Path) -> None:
    with pytest.raises(FetchError, match="came compressed"):
        download(visit(server, encoding="gzip").url, target)


def test_a_folder_in_the_way_is_one_line(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is a folder; give the name of a file"):
        download(visit(server).url, tmp_path)


def test_a_file_in_place_of_the_folder_is_one_line(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(FetchError, match=r"hp\.obo\.part: cannot be written \(.*\); choose another place"):
        download(visit(server).url, tmp_path / "taken" / "hp.obo")


def test_a_full_disk_is_one_line_and_the_part_stays(
    server: ThreadingHTTPServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(fetching.os, "fsync", full)
        with pytest.raises(FetchError, match=r"hp\.obo\.part: the disk is full; free some space, then run"):
            download(visit(server, cuts=[100]).url, target)
    assert not target.exists()
    site = visit(server)
    download(site.url, target)
    assert site.asked == ["bytes=100-"]
    assert target.read_bytes() == BODY
