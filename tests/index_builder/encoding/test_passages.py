from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from index_builder.encoding.passages import PassageCutter, digest_of_text, text_of
from index_builder.encoding.weights import folder_of
from index_builder.recipe import Recipe, read_recipe
from release_format.fields import Field, FieldType, Schema
from release_format.items import Item


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(folder_of(read_recipe()) / "tokenizer.json"))


def recipe(tmp_path: Path, text: str) -> Recipe:
    (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    return read_recipe(tmp_path / "recipe.toml")


def test_the_text_of_an_item() -> None:
    item = Item("git", "Git", "tracks  changes\nof files", ("vcs", "tool"), extra={"stars": 5})
    assert text_of(item, "{title}. {description}") == "Git. tracks changes of files"
    assert text_of(item, "{topics}: {title} {stars} {missing}") == "vcs, tool: Git 5"
    assert text_of(Item("git", "Git"), "{title}. {description}") == "Git"
    assert text_of(Item("git", "", "tracks"), "{title}. {description}") == "tracks"


BRANDED = Item(
    "shelf",
    "Oak shelf",
    "Holds books.",
    extra={
        "brand": ["Hemnes", " Ikea\nworks "],
        "series {0}": "Nordic!",
        "ean": "4006381333931",
        "price": 89.9,
        "note": "secret",
    },
)


def searched(*names: str, kind: FieldType = FieldType.KEYWORD, **uses: bool) -> Schema:
    return Schema({name: Field(name, kind, search=0.5, **uses) for name in names})


def test_fields_that_are_searched_end_the_text_unless_the_template_names_them() -> None:
    template, own = "{title}. {description}", "Oak shelf. Holds books"
    both = searched("brand", "series {0}", "missing")
    assert text_of(BRANDED, template, both) == f"{own}. Hemnes, Ikea works. Nordic!"
    assert text_of(BRANDED, "{brand}: {title}", both) == "Hemnes, Ikea works : Oak shelf. Nordic!"
    assert text_of(Item("a", extra={"brand": "Acme"}), template, both) == "Acme"


@pytest.mark.parametrize(
    "schema",
    [
        None,
        Schema(),
        Schema({"note": Field("note", FieldType.TEXT, filter=True, show=1)}),
        searched("ean", code=True),
        searched("price", kind=FieldType.NUMBER),
        searched("note", kind=FieldType.URL),
    ],
)
def test_what_is_not_searched_or_has_no_words_leaves_the_text_as_it_was(
    schema: Schema | None,
) -> None:
    assert text_of(BRANDED, "{title}. {description}", schema) == "Oak shelf. Holds books."[:-1]


def test_a_cut_text_holds_its_searched_fields(tokenizer: Tokenizer) -> None:
    [passages] = PassageCutter(read_recipe(), tokenizer, searched("brand")).cut(
        [Item("a", "Title", "word " * 400, extra={"brand": "Hemnes"})]
    )
    assert len(passages) == 2
    assert passages[-1].endswith(". Hemnes")


def test_a_text_that_the_encoder_reads_whole_is_one_passage(tokenizer: Tokenizer) -> None:
    item = Item("a", "Title", "word " * 240)
    assert list(PassageCutter(read_recipe(), tokenizer).cut([item])) == [
        [text_of(item, "{title}. {description}")]
    ]


def test_a_long_text_is_cut_with_overlap_under_its_title(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    words = [f"w{number}" for number in range(300)]
    item = Item("a", "Long one", " ".join(words))
    [passages] = PassageCutter(
        recipe(tmp_path, "[passages]\ntokens = 100\noverlap = 10"), tokenizer
    ).cut([item])
    assert len(passages) > 3
    assert all(passage.startswith("Long one. ") for passage in passages)
    lengths = [len(tokenizer.encode(passage, add_special_tokens=False)) for passage in passages]
    assert max(lengths) <= 101  # a word that is cut in two may gain a token
    joined = " ".join(passages)
    assert all(word in joined for word in words)
    tails = [
        set(first.split()) & set(second.split()) - {"Long", "one."}
        for first, second in pairwise(passages)
    ]
    assert all(tails), "neighbours share words"


def test_an_endless_title_is_not_repeated(tmp_path: Path, tokenizer: Tokenizer) -> None:
    item = Item("a", "title " * 50, "word " * 100)
    [passages] = PassageCutter(
        recipe(tmp_path, "[passages]\ntokens = 60\noverlap = 0"), tokenizer
    ).cut([item])
    assert [passage.startswith("title") for passage in passages] == [True, False, False]


def test_every_item_has_a_passage(tokenizer: Tokenizer) -> None:
    items = [Item("a", "A"), Item("b", "\u200b"), Item("c", "", "😀" * 400), Item("d", "…")]
    cut = list(PassageCutter(read_recipe(), tokenizer).cut(items))
    assert len(cut) == 4
    assert all(cut)


def test_a_digest_is_of_the_text_alone() -> None:
    assert digest_of_text("a") != digest_of_text("a ")
    assert len(digest_of_text("\udc80")) == 32
