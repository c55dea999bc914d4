"""Status of an environment, as people read it."""

from __future__ import annotations

from deployer.state import read_state
from deployer.status import as_lines, is_well
from tests.deployer.facts import TWO, container, facts


def test_mixed_hosts_are_not_well() -> None:
    first, second = (
        read_state("a", facts()),
        read_state("b", facts(containers={"blue": container(TWO)}, slots={})),
    )
    assert not is_well({"a": first, "b": second})
    assert any("MIXED" in line for line in as_lines("prod", {"a": first, "b": second}, None))


def test_a_list_of_withdrawn_ids_that_cannot_be_read_is_shown() -> None:
    state = read_state("a", facts(withdrawn_why="the list cannot be read"))
    assert "  ODD: the list cannot be read" in as_lines("prod", {"a": state}, None)
