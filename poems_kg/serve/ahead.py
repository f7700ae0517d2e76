"""
Make the replies that most visitors ask for before anyone does: the main pages, and each question with its defaults.

One at a time and in the lane of queries, so that nobody who asks waits for it; all but the first page when the server
is ready already.
"""

from collections.abc import Hashable, Iterator
from contextlib import suppress

from poems_kg.ids import PoemsKgError
from poems_kg.questions import find_questions
from poems_kg.serve import api_answers, api_models
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages import comparing, conflicts, home, mechanism, questions, treatments
from poems_kg.serve.workers import Job, Workers

_PAGES: tuple[Job, ...] = (
    home.home_page,
    comparing.compare,
    mechanism.mechanism,
    treatments.treatments,
    conflicts.conflicts,
    questions.show_questions,
)


async def reply_first(workers: Workers) -> None:
    """Have the first page made, so that whoever comes first has it at once."""
    with suppress(PoemsKgError):
        await workers.reply(home.home_page, Asked())


async def reply_ahead(workers: Workers) -> None:
    """Have the replies made and kept; one that cannot be made is left to whoever asks for it."""
    for job, arguments in _usual():
        with suppress(PoemsKgError):
            await workers.reply(job, *arguments, lane="query")


def _usual() -> Iterator[tuple[Job, tuple[Hashable, ...]]]:
    for page in _PAGES:
        yield page, (Asked(),)
    for question in find_questions().values():
        if not question.needs:
            defaults = api_models.question_query(question).model_validate({}).model_dump(exclude={"format"})
            yield api_answers.ask, (question.name, tuple(sorted(defaults.items())), "json")
