"""A sample is the same whatever the order, and bounded."""

from __future__ import annotations

import random

from data_checks.comparison.sample import Sample


def test_a_sample_does_not_depend_on_order() -> None:
    keys = [f"{n % 300}" for n in range(900)]
    samples = [Sample[str](40), Sample[str](40)]
    for sample, order in zip(samples, (keys, random.Random(2).sample(keys, 900)), strict=True):
        for key in order:
            sample.offer(key, key)
    assert samples[0].members() == samples[1].members()
    assert len(samples[0]) == 40
    assert max(map(samples[0].members().count, samples[0].members())) == 3, "doubles come together"
