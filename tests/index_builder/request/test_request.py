"""A request for a build: nothing alters it, and nothing is written into it."""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSequence, MutableSet
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from index_builder.request.request import BuildRequest
from index_builder.unchanged import CHANGED
from release_format.config.table import ConfigError
from release_format.items import Item
from release_format.release import Release
from release_format.store.folder import Folder
from tests.index_builder.conftest import Admit, catalogue_items
from tests.refusals.tried import tried


@pytest.fixture
def request_of_five(admit: Admit, store: Folder) -> BuildRequest:
    return BuildRequest.of(store, admit(catalogue_items(5)).id)


def test_a_request_cannot_be_altered(request_of_five: BuildRequest) -> None:
    for field in fields(BuildRequest):
        with pytest.raises(FrozenInstanceError):
            setattr(request_of_five, field.name, None)
        with pytest.raises(FrozenInstanceError):
            delattr(request_of_five, field.name)
    with pytest.raises(FrozenInstanceError):
        request_of_five.seconds = 1.0  # type: ignore[attr-defined]


def test_a_request_holds_nothing_that_could_be_written_into(request_of_five: BuildRequest) -> None:
    places = request_of_five.places_in_live
    assert places.tolist() == [CHANGED] * 5
    with pytest.raises(ValueError, match="read-only"):
        places[0] = 0
    sinks = (MutableMapping, MutableSequence, MutableSet)
    assert not [name for name, value in vars(request_of_five).items() if isinstance(value, sinks)]


def test_what_a_request_knows_of_live_is_its_own(request_of_five: BuildRequest) -> None:
    """What is built beside live leaves the request that it came from as it was."""
    assert request_of_five.places_in_live.tolist() == [CHANGED] * 5
    live = cast("Release", SimpleNamespace(items=request_of_five.snapshot.items))
    beside = replace(request_of_five, live=live)
    assert beside.places_in_live.tolist() == [0, 1, 2, 3, 4]
    assert not beside.places_in_live.flags.writeable
    assert request_of_five.places_in_live.tolist() == [CHANGED] * 5


def recipe_with(template: str, folder: Path) -> Path:
    (path := folder / "recipe.toml").write_text(f"[text]\ntemplate = {template!r}\n")
    return path


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{title}. {desription}", "no item of this snapshot. Did you mean 'description'?"),
        ("{title}. {Colour}", "'Colour' in the template of [text] is a field of no item of this"),
        ("{colors}", "Did you mean 'colour'?"),
    ],
)
def test_a_template_that_names_a_field_which_no_item_has_is_refused(
    admit: Admit, store: Folder, tmp_path: Path, template: str, sentence: str
) -> None:
    items = [*catalogue_items(5), Item("z", "Lamp", extra={"colour": "red"})]
    snapshot, recipe = admit(items).id, recipe_with(template, tmp_path)
    with pytest.raises(ConfigError) as refused:
        BuildRequest.of(store, snapshot, recipe=recipe)
    assert str(refused.value).startswith(f"{recipe}: ")
    assert sentence in str(refused.value)
    tried("tables", f"recipe: template = {template!r}", refused.value.exit_code, str(refused.value))


def test_a_template_may_name_what_a_single_item_has(
    admit: Admit, store: Folder, tmp_path: Path
) -> None:
    items = [*catalogue_items(5), Item("z", "Lamp", extra={"colour": "red"})]
    recipe = recipe_with("{title}. {colour} {image_url}", tmp_path)
    request = BuildRequest.of(store, admit(items).id, recipe=recipe)
    assert request.recipe.template == "{title}. {colour} {image_url}"
