"""The exported encoder: unit vectors of texts, without torch."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from searchbar.errors import Cause, SearchError
from searchbar.query.normalize import with_usual_width
from searchbar.retrieval.vocabulary import Vocabulary

MODEL, TOKENIZER, DESCRIPTION = "model.onnx", "tokenizer.json", "encoder.json"

TOKENS_A_BATCH = 1024
# With more padding than this, two runs of the session take less time than one.
PADDED = 1.1
SHORTEST_PART = 3
REMEMBERED = 16384
_WORD = re.compile(rf"[^\s{re.escape(string.punctuation)}]+")


class Encoder:
    """The exported encoder of a release; pooling and normalisation happen inside its graph.

    Many models read questions unlike texts: what they were trained to see before each is put there
    here, so there is no way to encode without saying which of both it is.
    """

    def __init__(
        self, session: ort.InferenceSession, tokenizer: Tokenizer, facts: dict[str, Any]
    ) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = [node.name for node in session.get_inputs()]
        self._vocabulary = Vocabulary(tokenizer)
        self._remembered: dict[str, list[int]] = {}
        self.dimension = int(facts["dimension"])
        self.max_tokens = int(facts["max_tokens"])
        self.query_prompt, self.document_prompt = prompts_of(facts)

    @classmethod
    def open(cls, directory: Path) -> Encoder:
        """Open `encoder/` of a release.

        Raises:
            SearchError: a file is missing or unreadable.
        """
        try:
            facts = json.loads((directory / DESCRIPTION).read_bytes())
            tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
            # Published tokenizers carry a truncation and padding of their own, often shorter than
            # the model's window.
            side = (tokenizer.truncation or {}).get("direction", "right")
            tokenizer.enable_truncation(int(facts["max_tokens"]), direction=side)
            tokenizer.no_padding()
            session = ort.InferenceSession(
                str(directory / MODEL), _options(), providers=["CPUExecutionProvider"]
            )
            return cls(session, tokenizer, facts)
        except SearchError:
            raise
        except Exception as error:
            text = (
                f"the encoder in {directory} cannot be opened ({error}). Fetch or build the release"
                " again."
            )
            raise SearchError(Cause.BROKEN_RELEASE, text) from error

    def encode_query(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of questions, (n, d), in the given order."""
        return self._encode([self.query_prompt + self._readable(each) for each in questions])

    def encode_document(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts of items, (n, d), in the given order."""
        return self._encode([self.document_prompt + text for text in texts])

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of whole inputs, their prompts included, (n, d)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        encodings = self._tokenizer.encode_batch([_clean(text) for text in texts])
        order = sorted(range(len(texts)), key=lambda place: len(encodings[place].ids))
        for batch in _batches(order, encodings):
            vectors[batch] = self._run([encodings[place].ids for place in batch])
        return vectors

    def _readable(self, question: str) -> str:
        """A question as the encoder reads most of it: in letters of usual width, and with a space
        around what it does not know of a script without spaces."""
        return self._vocabulary.set_apart(with_usual_width(question))

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is the encoder's own, a plural, or made of two of them."""
        if self._vocabulary.is_beyond(word):
            return False
        if word in self._vocabulary or word.removesuffix("s") in self._vocabulary:
            return True
        cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
        return any(
            word[:cut] in self._vocabulary and word[cut:] in self._vocabulary for cut in cuts
        ) or self._vocabulary.spells(word)

    def reads(self, word: str) -> bool:
        """Whether a word in lower case tells the encoder something: it knows it, or its pieces."""
        return self.knows(word) or self._vocabulary.reads(word)

    @property
    def words(self) -> int:
        """How many tokens the encoder knows."""
        return len(self._vocabulary)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, word by word, without punctuation and end marks.

        Words come again and again: remembered, they cost a tenth of what the tokenizer takes.
        """
        split = [_WORD.findall(_clean(text)) for text in texts]
        known = self._remembered
        if missing := list({word for words in split for word in words if word not in known}):
            if len(known) > REMEMBERED:
                # A new one: another thread may be reading the old one.
                known = self._remembered = {}
                missing = list({word for words in split for word in words})
            whole = ((word, self._vocabulary.id(word)) for word in missing)
            known.update((word, [id]) for word, id in whole if id is not None)
            missing = [word for word in missing if word not in known]
            given = [self._vocabulary.within_text(word) for word in missing]
            encodings = self._tokenizer.encode_batch_fast(given, add_special_tokens=False)
            known.update(
                (word, encoding.ids) for word, encoding in zip(missing, encodings, strict=True)
            )
        return [[id for word in words for id in known[word]] for words in split]

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        tensors = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        result: NDArray[np.float32] = self._session.run(
            ["embedding"], {name: tensors[name] for name in self._inputs}
        )[0]
        return result


def prompts_of(facts: Mapping[str, Any]) -> tuple[str, str]:
    """What stands before questions and before texts, by encoder.json; of most models nothing."""
    return str(facts.get("query_prompt", "")), str(facts.get("document_prompt", ""))


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    # Whoever asks computes: several questions may be encoded at the same time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def _batches(order: Sequence[int], encodings: Sequence[Encoding]) -> list[list[int]]:
    """Runs of similar length, each within the token budget, so that little padding is computed."""
    batches: list[list[int]] = []
    held = 0
    for place in order:
        tokens = len(encodings[place].ids)
        held += tokens
        if batches and (len(batches[-1]) + 1) * tokens <= min(TOKENS_A_BATCH, PADDED * held):
            batches[-1].append(place)
        else:
            batches.append([place])
            held = tokens
    return batches


def _clean(text: str) -> str:
    """Lone surrogates cannot reach the tokenizer."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
