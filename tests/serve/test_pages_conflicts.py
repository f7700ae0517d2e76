import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.conflicts import KINDS, NEW
from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.reviews import STATUSES
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.conflicts import KIND_WORDS, conflict, conflicts, read_disagreements
from poems_kg.serve.pages.evidence import SourceRecord
from poems_kg.serve.problems import NotFoundError

HOSTILE = ('"><script>alert(1)</script>', "\x00", "numeric' OR '1", "-1", "1e9", "9" * 400)


def ask(desk: Desk, **values: str) -> HtmlPage:
    page = HtmlPage(conflicts(desk, Asked(tuple(values.items()))).body)
    page.check()
    return page


def listed(page: HtmlPage) -> list[str]:
    return [f"conflict:{found['aria-labelledby']}" for found in page.having("article", class_="conflict")]


def all_pages(desk: Desk, **values: str) -> list[str]:
    found: list[str] = []
    while more := listed(ask(desk, offset=str(len(found)), **values)):
        found += more
    return found


@pytest.mark.parametrize("kind", ["", *KINDS])
def test_all_conflicts_of_a_kind_are_listed_once(desk: Desk, kind: str) -> None:
    told = desk.kg.ask("conflicts", kind=kind or "all")
    found = all_pages(desk, kind=kind)
    assert len(found) == len(told)
    assert set(found) == {row["conflict_id"] for row in told}


def test_counts_are_of_what_is_found(desk: Desk) -> None:
    told = desk.kg.ask("conflicts", entity="papilledema")
    page = ask(desk, entity="papilledema")
    assert set(listed(page)) == {row["conflict_id"] for row in told}
    assert f"{len(told)} conflicts, about" in page.text
    for kind in KINDS:
        number = sum(row["kind"] == kind for row in told)
        assert f"{kind.capitalize()} {number}" in page.text


@pytest.mark.parametrize("status", [NEW, *STATUSES])
def test_a_status_is_a_filter(desk: Desk, status: str) -> None:
    told = desk.kg.ask("conflicts", status=status)
    assert set(all_pages(desk, status=status)) == {row["conflict_id"] for row in told}


def test_every_kind_and_rule_is_in_words(desk: Desk) -> None:
    assert set(KIND_WORDS) == set(KINDS)
    assert all(each.problem for each in read_disagreements(desk).values())


def test_both_sides_and_the_reason_are_as_the_graph_has_them(desk: Desk) -> None:
    known = read_disagreements(desk)

    def words(pieces: tuple[str | SourceRecord, ...]) -> str:
        return "".join(piece if isinstance(piece, str) else piece.source_id for piece in pieces)

    for row in desk.kg.ask("conflicts"):
        made = known[str(row["conflict_id"])]
        for side, letter in zip(made.sides, "ab", strict=True):
            assert " | ".join(words(line) for line in side.lines) == row[f"side_{letter}"]
            assert "|".join(source.source_id for source in side.sources) == (row[f"sources_{letter}"] or "")
        assert words(made.reason) == (row["reason"] or "")


def test_one_conflict_shows_the_claims_of_both_sides(desk: Desk) -> None:
    for each in list(read_disagreements(desk).values())[::7]:
        page = HtmlPage(conflict(desk, Asked((("id", each.local_id),))).body)
        page.check()
        links = {found["href"] for found in page.having("a")}
        claims = {claim for side in each.sides for claim in side.claim_ids}
        assert {f"/claim/{claim.removeprefix('claim:')}" for claim in claims} <= links
        assert each.rule in page.text
        assert each.status in page.text


def test_an_id_may_have_its_prefix(desk: Desk) -> None:
    one = next(iter(read_disagreements(desk)))
    assert conflict(desk, Asked((("id", one),))).body == conflict(desk, Asked((("id", one.partition(":")[2]),))).body


@pytest.mark.parametrize("typed", ["", "0000000000", *HOSTILE])
def test_an_unknown_conflict_is_not_found(desk: Desk, typed: str) -> None:
    with pytest.raises(NotFoundError, match="/conflicts lists all"):
        conflict(desk, Asked((("id", typed),)))


@pytest.mark.parametrize("name", ["kind", "status", "offset"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_words_are_refused(desk: Desk, name: str, value: str) -> None:
    with pytest.raises(PoemsKgError, match="; use"):
        conflicts(desk, Asked(((name, value),)))


def test_an_unknown_entity_suggests_the_nearest(desk: Desk) -> None:
    with pytest.raises(UnknownTermError, match="did you mean"):
        conflicts(desk, Asked((("entity", "papiledemma"),)))


def test_past_the_end_there_is_nothing(desk: Desk) -> None:
    assert "No conflict fits these" in ask(desk, offset="9000").text


@pytest.mark.parametrize(("name", "status"), [("entity", 404), ("kind", 400), ("status", 400), ("offset", 400)])
def test_hostile_words_are_escaped(client: TestClient, name: str, status: int) -> None:
    answer = client.get("/conflicts", params={name: HOSTILE[0]}, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "<script>alert" not in answer.text
