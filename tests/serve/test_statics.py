import re

from poems_kg.serve import statics
from poems_kg.serve.statics import has_scripts, static, why_plain


def test_styles_of_all_rooms_are_one_file_with_the_tokens_first(client):
    text = client.get("/static/explorer.css").text
    assert text.index("--paper:") < 2000
    for room in (statics._FOLDER / "style").glob("*.css"):
        assert room.read_text(encoding="utf-8").strip() in text


def test_files_are_kept_by_their_name_and_digest(client):
    named = client.get(static("explorer.css"))
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    bare = client.get("/static/explorer.css")
    assert bare.headers["cache-control"] == "no-cache"
    again = client.get("/static/explorer.css", headers={"If-None-Match": bare.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_files_of_their_own_kind(client):
    assert client.get("/static/mark.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/static/explorer.css").headers["content-type"] == "text/css; charset=utf-8"


def test_nothing_else_is_served(client):
    for path in ("../app.py", "..%2Fapp.py", "style/base.css", "not-there.js", ""):
        assert client.get(f"/static/{path}").status_code == 404


def test_styles_fetch_nothing():
    for room in (statics._FOLDER / "style").glob("*.css"):
        assert not re.search(r"@import|url\((?!data:)", room.read_text(encoding="utf-8"))


def test_pages_are_plain_where_there_are_no_scripts(monkeypatch, tmp_path):
    monkeypatch.setattr(statics, "_BUILT", tmp_path / "built")
    assert not has_scripts()
    assert why_plain() == "they have not been built"
    (tmp_path / "not-built.txt").write_text("npm: no answer\n", encoding="utf-8")
    assert why_plain() == "npm: no answer"
    (tmp_path / "built").mkdir()
    (tmp_path / "built/site.js").touch()
    assert has_scripts()
    assert why_plain() == ""
