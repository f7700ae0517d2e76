"""
Compare one patient with every disease in a peer: pyhpo, or hpo3, which is imported under the same name.

A script of its own, for both cannot stand in one environment: ``PYTHON similarity_peer.py TASK.json ANSWER.json``. It
needs nothing of this package.
"""

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

QUICK = 5.0
"""Seconds below which a peer is asked again, for a median."""


def load(folder: str) -> Any:
    import pyhpo

    if hasattr(pyhpo, "BasicHPOSet") and hasattr(pyhpo.HPOSet, "similarity_scores"):
        pyhpo.Ontology(folder, from_obo_file=True)
    else:
        pyhpo.Ontology(data_folder=folder)
    return pyhpo


def main(task: Path, answer: Path) -> None:
    asked = json.loads(task.read_text(encoding="utf-8"))
    start = time.perf_counter()
    pyhpo = load(asked["folder"])
    loaded = time.perf_counter() - start
    patient = pyhpo.HPOSet.from_queries(asked["patient"])
    profiles = [pyhpo.HPOSet.from_queries(profile) for profile in asked["profiles"]]

    def compare(method: str) -> list[float]:
        if hasattr(patient, "similarity_scores"):  # hpo3, on all cores
            return list(patient.similarity_scores(profiles, kind="omim", method=method, combine="BMA"))
        return [patient.similarity(profile, "omim", method, "BMA") for profile in profiles]

    scores, seconds = {}, {}
    for method in asked["methods"]:
        times: list[float] = []
        while not times or (len(times) < 5 and sum(times) < QUICK):
            start = time.perf_counter()
            scores[method] = compare(method)
            times.append(time.perf_counter() - start)
        seconds[method] = statistics.median(times)
    content = {}
    if asked["content"]:
        content = {term.id: term.information_content["omim"] for term in pyhpo.Ontology if not term.is_obsolete}
    result = {"loaded": loaded, "seconds": seconds, "scores": scores, "content": content}
    answer.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
