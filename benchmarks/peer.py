"""Named peers that build, change, answer or serve a folder of documents, as their manuals show.

Run by benchmarks/peers.py in an environment of its own; nothing of this project is imported. The
folder holds documents.jsonl and, changed by one item in a hundred, after.jsonl and changed.jsonl
(rows: id, text).

    python benchmarks/peer.py NAME build|change|ask|serve FOLDER MODEL [PORT]
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

K, WARM_UP = 10, 10

Rows = list[dict[str, str]]


def rows(path: Path) -> Rows:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Peer:
    """What every peer can do; each begins with an empty folder and the name of the model."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder, model

    def build(self, documents: Rows) -> None:
        """Encode and store."""
        raise NotImplementedError

    def change(self, changed: Rows, every: Rows) -> None:
        """Bring up to date: given what changed, and all that there is now."""
        raise NotImplementedError

    def open(self) -> None:
        """Get ready to be asked."""
        raise NotImplementedError

    def ask(self, question: str) -> Sequence[str]:
        """The ids of the ten nearest documents."""
        raise NotImplementedError

    def serve(self, port: int) -> None:
        """Answer over HTTP, where it has a server that takes questions."""
        raise NotImplementedError


class Handwritten(Peer):
    """What a team would write on a day: sentence-transformers, NumPy and pandas behind FastAPI."""

    def build(self, documents: Rows) -> None:
        import numpy as np
        import pandas as pd
        from sentence_transformers import SentenceTransformer

        table = pd.DataFrame(documents)
        embeddings = SentenceTransformer(self.model).encode(table["text"].tolist())
        np.save(self.folder / "embeddings.npy", embeddings)
        table.to_csv(self.folder / "documents.csv", index=False)

    def change(self, changed: Rows, every: Rows) -> None:  # noqa: ARG002
        self.build(every)

    def open(self) -> None:
        import numpy as np
        import pandas as pd
        from sentence_transformers import SentenceTransformer

        self.encoder = SentenceTransformer(self.model)
        self.embeddings: Any = np.load(self.folder / "embeddings.npy")
        self.table = pd.read_csv(self.folder / "documents.csv", keep_default_na=False)

    def ask(self, question: str) -> Sequence[str]:
        from sentence_transformers.util import semantic_search

        vectors: Any = self.encoder.encode([question])
        hits = semantic_search(vectors, self.embeddings, top_k=K)[0]
        return [str(self.table.iloc[int(hit["corpus_id"])]["id"]) for hit in hits]

    def serve(self, port: int) -> None:
        import uvicorn
        from fastapi import FastAPI

        self.open()
        app = FastAPI()

        @app.get("/search")
        def search(query: str) -> dict[str, Any]:
            hits = self.ask(query)
            return {"hits": self.table[self.table["id"].isin(hits)].to_dict("records")}

        uvicorn.run(app, port=port, log_level="warning")


class Txtai(Peer):
    """txtai: an embeddings database with an API server."""

    def _new(self) -> Any:
        from txtai import Embeddings  # type: ignore[import-not-found]

        return Embeddings(path=self.model, content=True)

    def build(self, documents: Rows) -> None:
        embeddings = self._new()
        embeddings.index((row["id"], row["text"], None) for row in documents)
        embeddings.save(str(self.folder / "index"))

    def change(self, changed: Rows, every: Rows) -> None:  # noqa: ARG002
        self.open()
        self.embeddings.upsert((row["id"], row["text"], None) for row in changed)
        self.embeddings.save(str(self.folder / "index"))

    def open(self) -> None:
        self.embeddings = self._new()
        self.embeddings.load(str(self.folder / "index"))

    def ask(self, question: str) -> Sequence[str]:
        return [hit["id"] for hit in self.embeddings.search(question, K)]

    def serve(self, port: int) -> None:
        import uvicorn

        settings = self.folder / "app.yml"
        settings.write_text(
            f"path: {self.folder / 'index'}\nembeddings:\n  path: {self.model}\n  content: true\n"
        )
        os.environ["CONFIG"] = str(settings)
        uvicorn.run("txtai.api:app", port=port, log_level="warning")


class Chroma(Peer):
    """Chroma, in process; its server takes vectors, so whoever asks would encode."""

    AT_ONCE = 1_000

    def open(self) -> None:
        import chromadb  # type: ignore[import-not-found]
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction  # type: ignore[import-not-found]

        client = chromadb.PersistentClient(str(self.folder / "chroma"))
        encoder: Any = SentenceTransformerEmbeddingFunction(model_name=self.model)
        self.collection = client.get_or_create_collection("documents", embedding_function=encoder)

    def build(self, documents: Rows) -> None:
        self.open()
        self.change(documents, documents)

    def change(self, changed: Rows, every: Rows) -> None:  # noqa: ARG002
        self.open()
        for start in range(0, len(changed), self.AT_ONCE):
            batch = changed[start : start + self.AT_ONCE]
            ids, texts = [row["id"] for row in batch], [row["text"] for row in batch]
            self.collection.upsert(ids=ids, documents=texts)

    def ask(self, question: str) -> Sequence[str]:
        answer = self.collection.query(query_texts=[question], n_results=K)
        ids: list[str] = answer["ids"][0]
        return ids


class VectorStore(Peer):
    """A peer that stores vectors; who uses it encodes by sentence-transformers."""

    def encode(self, texts: Sequence[str]) -> Any:
        if not hasattr(self, "encoder"):
            from sentence_transformers import SentenceTransformer

            self.encoder = SentenceTransformer(self.model)
        return self.encoder.encode(list(texts))

    def records(self, documents: Rows) -> list[dict[str, Any]]:
        vectors = self.encode([row["text"] for row in documents])
        return [
            {**row, "vector": vector.tolist()}
            for row, vector in zip(documents, vectors, strict=True)
        ]


class LanceDB(VectorStore):
    """LanceDB, in process."""

    def _connect(self) -> Any:
        import lancedb  # type: ignore[import-not-found]

        return lancedb.connect(str(self.folder / "lance"))

    def build(self, documents: Rows) -> None:
        table = self._connect().create_table("documents", self.records(documents))
        if len(documents) >= 5_000:  # Its manual: below, going through all is fast.
            table.create_index(
                metric="cosine", vector_column_name="vector", index_type="IVF_HNSW_SQ"
            )

    def change(self, changed: Rows, every: Rows) -> None:  # noqa: ARG002
        self.open()
        merge = (
            self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        )
        merge.execute(self.records(changed))
        self.table.optimize()

    def open(self) -> None:
        self.table = self._connect().open_table("documents")

    def ask(self, question: str) -> Sequence[str]:
        search = self.table.search(self.encode([question])[0]).distance_type("cosine")
        return [row["id"] for row in search.select(["id"]).limit(K).to_list()]


class Milvus(VectorStore):
    """Milvus Lite, in process."""

    def open(self) -> None:
        from pymilvus import MilvusClient  # type: ignore[import-not-found]

        self.client = MilvusClient(str(self.folder / "milvus.db"))
        if self.client.has_collection("documents"):
            self.client.load_collection("documents")

    def build(self, documents: Rows) -> None:
        self.open()
        self.client.create_collection(
            "documents",
            dimension=384,
            id_type="string",
            max_length=512,
            metric_type="COSINE",
            auto_id=False,
        )
        self._upsert(documents)

    def change(self, changed: Rows, every: Rows) -> None:  # noqa: ARG002
        self.open()
        self._upsert(changed)

    def _upsert(self, documents: Rows) -> None:
        records = self.records(documents)
        for start in range(0, len(records), 1_000):
            self.client.upsert("documents", records[start : start + 1_000])

    def ask(self, question: str) -> Sequence[str]:
        vector = self.encode([question])[0].tolist()
        results = self.client.search("documents", data=[vector], limit=K)
        return [hit["id"] for hit in results[0]]


PEERS: dict[str, type[Peer]] = {
    "handwritten": Handwritten,
    "txtai": Txtai,
    "chroma": Chroma,
    "lancedb": LanceDB,
    "milvus-lite": Milvus,
}


def answer_times(ask: Any, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of each question after a few to warm up, and the ids that those found."""
    warm_up = [list(ask(question)) for question in questions[:WARM_UP]]
    times = []
    for question in questions[WARM_UP:]:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    return {"ms": times, "found": warm_up}


def main(name: str, verb: str, folder: Path, model: str, port: int = 0) -> None:
    """One verb of one peer."""
    peer = PEERS[name](folder, model)
    if verb == "build":
        peer.build(rows(folder / "documents.jsonl"))
    elif verb == "change":
        peer.change(rows(folder / "changed.jsonl"), rows(folder / "after.jsonl"))
    elif verb == "serve":
        peer.serve(port)
    else:
        peer.open()
        questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        print(json.dumps(answer_times(peer.ask, questions)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4], *map(int, sys.argv[5:]))
