"""Query log: questions and feedback, written by servers as JSON lines and read by programs.

A server appends to one live file. When its day (UTC) is over, or it is large, it is renamed to a
part beside it, `questions-2026-11-30-001.jsonl`; older parts become Parquet. Readers read all.
"""

from release_format.questions.live import append
from release_format.questions.logged import REACTIONS, LoggedQuestion, day_of
from release_format.questions.reading import read

__all__ = ["REACTIONS", "LoggedQuestion", "append", "day_of", "read"]
