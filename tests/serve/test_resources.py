"""Every IRI of ours is answered at its path, as a page and as RDF that says something about it."""

import re
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from html_page import HtmlPage
from hypothesis import given, settings
from hypothesis import strategies as st

from poems_kg.ids import compress, expand
from poems_kg.places import ontology_dir
from poems_kg.rdf import Graphs
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.resources import resource_page
from poems_kg.serve.problems import PROBLEM
from poems_kg.serve.resource_graphs import BASE, FORMATS, store_of
from poems_kg.serve.resources import EXTENSIONS, describe, describe_entity, page_of

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
KINDS = (
    "POEMS",
    "claim",
    "conflict",
    "criteria",
    "graph",
    "mapping",
    "passage",
    "poems.owl",
    "releases",
    "source",
    "vocab",
)
POEMS = ox.NamedNode(expand("MONDO:0017364"))


@pytest.fixture(scope="module")
def paths(desk):
    """All IRIs of ours in the released graph, by kind, as paths."""
    found = {}
    quads = store_of(desk)
    criteria = ox.parse(path=str(ontology_dir() / "criteria" / "mayo_2012.ttl"))
    for quad in (*quads, *criteria):
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(term, ox.NamedNode) and term.value.startswith(BASE):
                path = term.value.removeprefix(BASE)
                found.setdefault(re.split(r"[/_]", path)[0], set()).add(path)
    return {kind: sorted(of_kind) for kind, of_kind in sorted(found.items())}


def parse(reply):
    media_type = (getattr(reply, "media_type", "") or reply.headers["content-type"]).partition(";")[0]
    body = getattr(reply, "body", None) or reply.content
    return {quad.triple for quad in ox.parse(body, format=FORMATS[media_type], base_iri=BASE)}


def says_something_about(triples, node):
    return any(node in (triple.subject, triple.object) for triple in triples)


def test_all_kinds_are_there(paths):
    assert set(paths) == set(KINDS)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(kind=st.sampled_from(KINDS), place=st.integers(0, 10**6))
def test_every_iri_of_ours_is_a_page_and_rdf(desk, paths, kind, place):
    path = paths[kind][place % len(paths[kind])]
    node = ox.NamedNode(BASE + path)
    # Whole graphs are long: each of them is read once, below.
    if kind not in ("graph", "poems.owl", "releases"):
        assert says_something_about(parse(describe(desk, path, "text/turtle")), node)
    job, asked = page_of(path, Asked())
    page = job(desk, asked)
    assert page.status == 200
    assert b"<h1" in page.body


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_of_each_kind_is_negotiated(client, paths, kind):
    path = paths[kind][-1]
    node = ox.NamedNode(BASE + path)
    page = client.get(f"/{path}", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    HtmlPage(page.content).check()
    first = None
    for media_type in FORMATS:
        reply = client.get(f"/{path}", headers={"accept": media_type})
        assert reply.status_code == 200
        assert reply.headers["content-type"].partition(";")[0] == media_type
        assert "Accept" in reply.headers["vary"].split(", ")
        triples = parse(reply)
        assert says_something_about(triples, node)
        # Blank nodes have other names in each document.
        named = {t for t in triples if not {type(t.subject), type(t.object)} & {ox.BlankNode}}
        first = first or named
        assert named == first


@pytest.mark.parametrize(("extension", "media_type"), EXTENSIONS.items())
def test_an_extension_or_a_parameter_decides(client, extension, media_type):
    by_extension = client.get(f"/claim/C1944{extension}", headers={"accept": "image/png"})
    by_parameter = client.get(f"/claim/C1944?format={extension[1:]}", headers={"accept": "image/png"})
    assert by_extension.headers["content-type"].partition(";")[0] == media_type
    assert by_parameter.content == by_extension.content
    links = by_extension.headers["link"]
    assert f'<{BASE}claim/C1944>; rel="canonical"' in links
    offered = set(re.findall(r'</claim/C1944(\.\w+)>; rel="alternate"; type="[^"]+"', links))
    assert offered == set(EXTENSIONS) - {extension}


def test_what_a_client_does_not_take_is_not_sent(client):
    reply = client.get("/claim/C1944", headers={"accept": "image/png"})
    assert (reply.status_code, reply.headers["content-type"]) == (406, PROBLEM)
    assert "text/turtle" in reply.json()["detail"]


def test_the_ontology_is_the_released_file(client, desk):
    expected = {quad.triple for quad in ox.parse(path=str(ontology_dir() / "poems.ttl"))}
    plain = client.get("/poems.owl")
    assert plain.headers["content-type"] == "application/rdf+xml"
    turtle = client.get("/poems.owl.ttl")
    for reply in (plain, turtle):
        found = parse(reply)
        assert len(found) == len(expected)
        assert {t for t in found if t.subject == ox.NamedNode(f"{BASE}poems.owl")} <= expected
    version = next(store_of(desk).quads_for_pattern(None, ox.NamedNode(expand("owl:versionIRI")), None)).object.value
    assert client.get(f"/{version.removeprefix(BASE)}.ttl").content == turtle.content
    assert client.get("/releases/1999-01-01/poems.owl").status_code == 404


def test_a_named_graph_comes_whole(client, desk):
    expected = {quad.triple for quad in store_of(desk).quads_for_pattern(None, None, None, Graphs.conflicts)}
    found = parse(client.get("/graph/conflicts", headers={"accept": "text/turtle"}))
    assert expected <= found
    said = {t.predicate.value.rpartition("#")[2]: t.object for t in found if t.subject == Graphs.conflicts}
    assert int(said["triples"].value) == len(expected)


def test_rdf_of_an_entity_has_axioms_labels_and_the_claims_about_it(desk, kg):
    triples = parse(describe(desk, "POEMS_0000336", "text/turtle"))
    node = ox.NamedNode(expand("POEMS:0000336"))
    claims = {t.subject for t in triples if t.predicate.value == expand("kg:subject")}
    assert {compress(claim.value) for claim in claims} == {claim.claim_id for claim in kg.claims("POEMS:0000336")}
    axioms = [t.subject for t in triples if t.predicate.value == expand("owl:annotatedSource") and t.object == node]
    assert {type(axiom) for axiom in axioms} == {ox.BlankNode}
    assert expand("HP:0100324") in {t.subject.value for t in triples} or "HP:0100324" not in kg.names.labels(
        ["HP:0100324"]
    )
    sources = {t.object for t in triples if t.predicate.value == expand("kg:source")}
    labelled = {t.subject for t in triples if t.predicate.value == expand("rdfs:label")}
    assert sources <= labelled


def test_rdf_of_a_claim_says_where_in_the_source_it_is(desk, kg):
    claim = next(claim for claim in kg.claims(source_id="patient-article") if claim.start is not None)
    triples = parse(describe(desk, claim.claim_id.replace(":", "/"), "text/turtle"))
    said = {triple.predicate.value: triple.object.value for triple in triples}
    assert (said[expand("oa:start")], said[expand("oa:end")]) == (str(claim.start), str(claim.end))
    assert said[expand("kg:sha256")] == claim.sha256


@pytest.mark.parametrize("words", ["MONDO:0017364", "ORPHA:2905", "poems syndrome", "Crow-Fukase syndrome"])
def test_entities_of_other_ontologies_are_found_by_any_name(client, desk, words):
    assert says_something_about(parse(describe_entity(desk, words, "text/turtle")), POEMS)
    address = f"/entity/{quote(words, safe='')}"
    page = client.get(address, headers=HTML)
    assert page.status_code in (200, 303)
    assert client.get(address, headers={"accept": "text/turtle"}).status_code == 200


def test_ids_of_ours_lead_to_their_own_address(client):
    assert client.get("/entity/claim:C1944").headers["location"] == "/claim/C1944"
    assert client.get("/entity/source:nord-report.ttl").headers["location"] == "/source/nord-report.ttl"
    assert client.get("/poems-kg/claim/C1944").headers["location"] == "/claim/C1944"
    assert client.get("/poems-kg").headers["location"] == "/poems.owl"


@pytest.mark.parametrize(
    "local", ["/evil.example", "\\evil.example", "//evil.example/x", "/\\/evil.example", "http://evil.example"]
)
def test_no_redirect_leads_off_the_server(client, local):
    reply = client.get(f"/poems-kg/{quote(local, safe='/')}")
    assert reply.status_code == 303
    assert re.match(r"/[^/\\]", reply.headers["location"])


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("claim/C19449", "claim:C194"),
        ("source/nord-reprt", "source:nord-report"),
        ("vocab/has_phenotyp", "kg:has_phenotype"),
        ("graph/clams", "graph:claims"),
        ("criteria/mayo_2003-polyneuropaty", "criteria:mayo_2003-polyneuropathy"),
        ("passage/patient-article-9968-1011", "passage:patient-article"),
        ("entity/hepatomegalie", "HP:0002240"),
        ("POEMS_9999999", ""),
        ("claim/", ""),
        ("mapping/zzz", ""),
    ],
)
def test_what_there_is_not_suggests_the_nearest(client, path, nearest):
    reply = client.get(f"/{path}", headers={"accept": "text/turtle, application/problem+json;q=0.1"})
    assert (reply.status_code, reply.headers["content-type"]) == (404, PROBLEM)
    assert any(each["id"].startswith(nearest) for each in reply.json()["nearest"]) or not nearest
    page = client.get(f"/{path}", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


HOSTILE = [
    '"} DROP ALL #',
    "<script>alert(1)</script>",
    '"><b id=x>',
    "x\r\nSet-Cookie: a=b",
    "\x00",
    "a" * 3000,
    "\u202e",
    "é",
    "%",
    "{{ 7*7 }}",
    "../../etc/passwd",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "prefix",
    [
        "claim/",
        "source/",
        "vocab/",
        "graph/",
        "criteria/",
        "POEMS_",
        "entity/",
        "entity/claim:",
        "poems.owl.",
        "releases/",
        "poems-kg/",
    ],
)
def test_hostile_strings_do_nothing(client, prefix, text):
    for headers in (HTML, {"accept": "text/turtle"}):
        reply = client.get(f"/{prefix}{quote(text, safe='')}", headers=headers)
        # Characters that stand in no name are passed over: "claim:\x00" is the class of claims.
        assert reply.status_code in ((200, 303, 404) if text in "\x00%" else (303, 404)), reply.text
        assert "set-cookie" not in reply.headers
        is_page = reply.headers.get("content-type", "").startswith("text/html")
        assert not is_page or not re.search(r"<script>alert|<b id=x>", reply.text)
    raw = client.get(f"/{prefix}%ED%A0%80%FF", headers=HTML)
    assert raw.status_code in (200, 303, 404)


def test_links_of_a_page_lead_somewhere(client):
    page = client.get("/claim/C1944", headers=HTML).text
    kinds = ("claim", "conflict", "source", "vocab", "entity", "passage")
    links = {link for link in re.findall(r'href="(/[^"?#]+)"', page) if link.split("/")[1] in kinds}
    assert len(links) > 5
    assert {client.get(link, headers=HTML).status_code for link in links} == {200}


def test_annotations_and_releases_of_a_linked_graph_are_resources(mini_folder):
    from poems_kg.serve.desk import Desk
    from poems_kg.serve.settings import Settings

    linked = Desk(Settings(graph=mini_folder))
    rows = linked.kg.store.select(
        "SELECT DISTINCT ?s { ?s ?p ?o FILTER(REGEX(STR(?s), '/poems-kg/(annotation|release)/')) }"
    )[1]
    ids = [str(row[0]) for row in rows]
    for kind in ("annotation:", "release:"):
        path = expand(next(each for each in ids if each.startswith(kind))).removeprefix(BASE)
        assert says_something_about(parse(describe(linked, path, "text/turtle")), ox.NamedNode(BASE + path))
        assert resource_page(linked, Asked((("path", path),))).status == 200
