"""Asked words: the stems that a question is looked for by, with what each of them counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from searchbar.retrieval.words.reader import Forms


@dataclass
class AskedWords:
    """Stems with their weights; of those that are `alike`, forms of one word, one counts."""

    weights: dict[str, float] = field(default_factory=dict)
    alike: list[Forms] = field(default_factory=list)
    rarity: float = 0.0

    def add(
        self, forms: Forms, count: int, idf: Callable[[str], float], rarity: Callable[[str], float]
    ) -> None:
        """Ask for a word that the question says so many times.

        Each form weighs as the one that most items hold: none counts for more because it is rare.

        Args:
            forms: the stems that the word may stand as.
            count: how many times the question says it.
            idf: what a stem weighs in the index.
            rarity: what it weighs of items that may be shown.
        """
        weighs = min(map(rarity, forms))
        self.rarity += count * weighs
        if len(forms) == 1:
            self.weights[forms[0]] = self.weights.get(forms[0], 0) + float(count)
            return
        new = tuple(form for form in _held(forms, idf) if form not in self.weights)
        self.weights.update((form, count * weighs / idf(form)) for form in new)
        if len(new) > 1:
            self.alike.append(new)

    def add_meant(self, forms: Forms, weight: float, idf: Callable[[str], float]) -> None:
        """Ask for a word that the question does not say, but means."""
        if len(forms) == 1:
            self.weights.setdefault(forms[0], weight)
            return
        held = _held(forms, idf)
        value = min(map(idf, held))
        new = tuple(form for form in held if form not in self.weights)
        self.weights.update((form, weight * value / idf(form)) for form in new)
        if len(new) > 1:
            self.alike.append(new)

    def also(self, stem: str, shares: Mapping[str, float], idf: Callable[[str], float]) -> None:
        """Look for other stems, too, where a word is asked for: each counts for a share of it, and
        the best of all counts."""
        if stem not in self.weights:
            return
        new = [other for other in shares if other not in self.weights]
        for other in new:
            value = self.weights[stem] * idf(stem)
            self.weights[other] = value * shares[other] / idf(other)
        own = next((forms for forms in self.alike if stem in forms), (stem,))
        if new:
            self.alike = [forms for forms in self.alike if forms != own] + [(*own, *new)]


def _held(forms: Forms, idf: Callable[[str], float]) -> Sequence[str]:
    """The forms that some item holds; the first where none does."""
    nowhere = idf("")
    return [form for form in forms if idf(form) < nowhere] or forms[:1]


def weight_held(weights: Mapping[str, float], alike: Sequence[Forms], held: Set[str]) -> float:
    """What a text holds of a question's words; of forms of one word the best one."""
    if not alike:  # In the order of the weights, so that equal sums are equal.
        return sum(weight for stem, weight in weights.items() if stem in held)
    best = (max((weights[f] for f in forms if f in held), default=0.0) for forms in alike)
    grouped = {form for forms in alike for form in forms}
    single = (weights[stem] for stem in weights if stem in held and stem not in grouped)
    return sum(best) + sum(single)
