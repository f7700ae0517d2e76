"""Lists of claims, one claim with its passage, and sources with their claims in the order of their text."""

import pytest
from html_page import HtmlPage
from made_claims import HOSTILE

from poems_kg.names import UnknownTermError
from poems_kg.questions import QuestionError
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.sources import PAGE, claim_page, claims_page, source_page, sources_page


@pytest.fixture(scope="module")
def found(desk):
    return evidence(desk)


def show(job, desk, **asked):
    page = HtmlPage(job(desk, Asked(tuple(asked.items()))).body)
    page.check()
    return page


def listed(page):
    """The claims on a page, in its order, each once."""
    return list(dict.fromkeys(a["href"] for a in page.having("a") if a["href"].startswith("/claim/")))


def path(claim):
    return f"/claim/{claim.claim_id.removeprefix('claim:')}"


def test_claims_come_a_page_at_a_time_and_none_is_lost(desk, found):
    first = show(claims_page, desk)
    second = show(claims_page, desk, offset=str(PAGE))
    assert listed(first) + listed(second) == [path(claim) for claim in list(found.claims.values())[: 2 * PAGE]]
    assert first.having("a", href=f"/claims?offset={PAGE}", rel="next")
    assert second.having("a", href="/claims", rel="prev")
    assert f"of {len(found.claims):,}" in first.text


def test_claims_are_chosen_by_entity_source_relation_and_polarity(desk, found):
    chosen = {"entity": "POEMS", "source": "nord-report", "relation": "has_phenotype", "polarity": "asserts"}
    expected = [
        path(claim)
        for claim in found.about("MONDO:0017364")
        if (claim.source_id, claim.relation, claim.polarity) == ("nord-report", "has_phenotype", "asserts")
    ]
    assert len(expected) > PAGE
    first = show(claims_page, desk, **chosen)
    assert listed(first) == expected[:PAGE]
    onward = "/claims?entity=POEMS&source=nord-report&relation=has_phenotype&polarity=asserts&offset=50"
    assert first.having("a", href=onward)


def test_claims_on_one_fact_come_with_what_they_come_to(desk):
    page = show(claims_page, desk, entity="POEMS", other="papilledema", relation="has_phenotype")
    assert "POEMS syndrome and Papilledema" in page.words_in("h1")
    assert "29–79" in page.text
    assert "6 sources" in page.text


def test_no_claim_and_an_offset_past_the_last_are_said(desk):
    assert "No claim fits" in show(claims_page, desk, entity="VEGF", relation="has_goal").text
    assert "past the last" in show(claims_page, desk, offset="9999999").text


@pytest.mark.parametrize("name", ["relation", "polarity", "offset"])
@pytest.mark.parametrize("text", [*HOSTILE, "-1", "²", "1e3"])
def test_what_is_no_relation_polarity_or_offset_is_refused(desk, name, text):
    with pytest.raises(QuestionError, match=r".+; .+"):
        claims_page(desk, Asked(((name, text),)))


@pytest.mark.parametrize("name", ["entity", "other", "source"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_names_nothing_is_refused(desk, name, text):
    with pytest.raises(UnknownTermError):
        claims_page(desk, Asked(((name, text),)))


def test_a_claim_has_everything_that_is_kept_of_it(desk, found):
    claim = found.claims["claim:C0508"]
    page = show(claim_page, desk, id="C0508")
    assert "POEMS syndrome has phenotype Papilledema" in page.text
    for words in (claim.value, claim.place, "1,474", "1,825", claim.sha256, "Asserts", "states", claim.evidence):
        assert words in page.text
    assert page.having("a", href="/source/nord-report")
    assert "/claim/C2849" in listed(page), "what others say of the same"


def test_every_claim_has_a_page(desk, found):
    for claim_id, claim in list(found.claims.items())[::97]:
        page = show(claim_page, desk, id=claim_id)
        assert claim.claim_id in page.text


def test_a_claim_is_found_in_any_case(desk):
    reply = claim_page(desk, Asked((("id", "c0508"),)))
    assert (reply.status, dict(reply.headers)["Location"]) == (303, "/claim/C0508")


def test_a_claim_that_there_is_not_names_the_nearest(desk):
    with pytest.raises(UnknownTermError) as caught:
        claim_page(desk, Asked((("id", "C05080"),)))
    assert "claim:C0508" in [each for each, _ in caught.value.nearest]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_ids_are_misses(desk, text):
    for job in (claim_page, source_page):
        with pytest.raises(UnknownTermError):
            job(desk, Asked((("id", text),)))


def test_sources_are_all_listed_with_their_counts(desk, found):
    page = show(sources_page, desk)
    assert len([a for a in page.having("a") if a["href"].startswith("/source/")]) == len(found.sources)
    assert f"{len(found.claims):,} claims come from {len(found.sources)} sources" in page.text


def test_a_source_has_its_claims_in_the_order_of_its_text(desk, found):
    claims = found.said_by("nord-report")
    starts = [claim.start for claim in claims if claim.start is not None]
    assert starts == sorted(starts)
    assert listed(show(source_page, desk, id="nord-report")) == [path(claim) for claim in claims]


def test_a_source_leads_to_where_it_can_be_read(desk):
    page = show(source_page, desk, id="li2011annhematol")
    assert page.having("a", href="http://www.ncbi.nlm.nih.gov/pubmed/21221584")
    assert page.having("a", href="https://doi.org/10.1007/s00277-010-1149-0")


def test_every_source_has_a_page(desk, found):
    for source_id, source in found.sources.items():
        assert " ".join(source.title.split()) in show(source_page, desk, id=source_id).text


def test_a_source_with_its_prefix_leads_on(desk):
    reply = source_page(desk, Asked((("id", "source:nord-report"),)))
    assert (reply.status, dict(reply.headers)["Location"]) == (303, "/source/nord-report")


def test_a_source_that_there_is_not_names_the_nearest(desk):
    with pytest.raises(UnknownTermError) as caught:
        source_page(desk, Asked((("id", "nord-reports"),)))
    assert "source:nord-report" in [each for each, _ in caught.value.nearest]
