"""Log row: what the query log keeps of an answer, and the question that a row can be asked as."""

from __future__ import annotations

from release_format.questions import LoggedQuestion
from searchbar.query.question import MOST_HITS, Answer, Question

# What every program asked for that did not log how many it asked for.
USUAL = 10


def logged_answer(
    question: Question, answer: Answer, level: float | None, request_id: str = ""
) -> LoggedQuestion:
    """The row of a question and its answer; `level` is what a good match has at least."""
    return LoggedQuestion(
        question.text,
        answer.release,
        request_id,
        filters=question.filters,
        hits=[hit.id for hit in answer.hits],
        no_good_match=answer.no_good_match,
        k=question.k,
        sort=question.sort,
        cut=question.cut,
        total=answer.total,
        confidence=answer.confidence,
        level=level,
        did_you_mean=answer.did_you_mean,
    )


def is_partial(row: LoggedQuestion) -> bool:
    """Whether an older program wrote this row, which kept neither how many were asked for, nor
    sort and cut."""
    return not row.k


def question_of(row: LoggedQuestion) -> Question:
    """The question of a row; of a partial one, for as many hits as it had, best first."""
    k = min(max(USUAL, len(row.hits)), MOST_HITS) if is_partial(row) else row.k
    return Question(row.question, k, filters=row.filters, sort=row.sort, cut=row.cut)
