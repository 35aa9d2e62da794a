"""From probabilities to the one vocabulary that briefings may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCALE = "probability"
EVEN_ODDS = 0.5


@dataclass(frozen=True)
class Word:
    """A claim and the word for how likely it is.

    Attributes
    ----------
    claim : str
        ``benefit``, ``little_difference`` or ``harm``: what the word is about; ``unclear`` where none of the three
        is at least as likely as not.
    words : str
        The word to print, after the cap.
    uncapped_words : str
        The word that the probability alone would give.
    capped : bool
        Whether the cap lowered the word.
    reasons : tuple of str
        Codes of the reasons for which the cap applies, whether or not it lowered anything.
    probability : float
        Posterior probability of the claim.
    """

    claim: str
    words: str
    uncapped_words: str
    capped: bool
    reasons: tuple[str, ...]
    probability: float

    @property
    def sentence_words(self) -> str:
        """Claim and word together, for comparing two answers."""
        return f"{self.claim.replace('_', ' ')} {self.words}"


def choose_word(evidence: Any, probabilities: Any, reasons: Sequence[str]) -> Word:
    """Choose the claim and its word.

    The word is that of the claim's probability on the vocabulary's scale, lowered to the cap where one of the `reasons` of
    rule 17 holds.

    Parameters
    ----------
    evidence : EvidenceBase
        With a ``vocabulary`` table.
    probabilities : Probabilities
    reasons : sequence of str
        Codes of the reasons that cap the word; empty if none.
    """
    claim, probability = claim_of(probabilities)
    scale = sorted(evidence["vocabulary"].where(scale=SCALE), key=lambda row: row["from"])
    found = word_for(scale, probability)
    cap = next(row for row in scale if row["cap"])
    capped = bool(reasons) and found["from"] > cap["from"]
    return Word(claim, (cap if capped else found)["words"], found["words"], capped, tuple(reasons), probability)


def claim_of(probabilities: Any) -> tuple[str, float]:
    """Return the claim and the probability that its word expresses.

    The claim is the most probable of benefit beyond, harm beyond and within the minimal difference; ties go to the less
    favourable. Where even that one is less likely than not, the claim is ``unclear``.
    """
    ordered = (("harm", probabilities.harm), ("little_difference", probabilities.within), ("benefit", probabilities.benefit))
    claim, probability = max(ordered, key=lambda pair: pair[1])
    return (claim if probability >= EVEN_ODDS else "unclear"), probability


def word_for(scale: Sequence[Mapping[str, Any]], probability: float) -> Mapping[str, Any]:
    """Return the row of an ordered scale that holds `probability` (each row from its lower end, the last one closed)."""
    return [row for row in scale if row["from"] <= probability][-1]
