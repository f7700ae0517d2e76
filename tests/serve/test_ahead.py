import asyncio

from poems_kg.questions import find_questions
from poems_kg.serve.ahead import reply_ahead
from poems_kg.serve.problems import TooSlowError


class Recorder:
    """Stands for the workers: notes what it is to do, and that it may be kept; the first is too slow for it."""

    def __init__(self):
        self.asked = []

    async def reply(self, job, *args, lane="page", keep=True):
        assert lane == "query"
        assert keep
        self.asked.append((job, args))
        if len(self.asked) == 1:
            raise TooSlowError("stopped")


def replies_ahead():
    recorder = Recorder()
    asyncio.run(reply_ahead(recorder))
    return recorder.asked


def test_every_core_question_is_asked_even_after_one_that_failed():
    named = {args[0] for _, args in replies_ahead() if isinstance(args[0], str)}
    assert named == {question.name for question in find_questions().values() if not question.needs}


def test_they_are_what_visitors_get(client, monkeypatch):
    """What is made ahead is under the very key that a request for it has."""
    workers = client.app.state.workers
    seen = []
    reply = workers.reply

    async def note(job, *args, lane="page", **options):
        # The server itself is asking ahead by now, as a query.
        if lane == "page":
            seen.append((job, args))
        return await reply(job, *args, lane=lane, **options)

    monkeypatch.setattr(workers, "reply", note)
    pages = ["/", "/compare", "/mechanism", "/treatments", "/conflicts", "/questions"]
    names = ["names", "distinguishing_features", "shared_findings"]
    for path in [*pages, *(f"/api/questions/{name}" for name in names)]:
        assert client.get(path).status_code == 200
    assert set(seen) <= set(replies_ahead())
    assert len(set(seen)) == len(pages) + len(names)
