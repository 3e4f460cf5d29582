"""A metric in the manner of Hugging Face's `evaluate`: `add`, `add_batch`, `compute`."""

from collections.abc import Sequence

from evalkit.api.frames import Layout, Range
from evalkit.api.wrappers.gathered import Gathered, OfArrays, gather, refuse_sets
from evalkit.errors import ScoreError


class EvaluateModule:
    """Gathers predictions and references, which are clips, and computes a dictionary.

    It is not a class of the library, whose modules are downloaded and keep examples in Arrow files.
    """

    def __init__(self, metric: OfArrays, layout: Layout, range: Range) -> None:
        refuse_sets(metric)
        self._metric, self._layout, self._range = metric, layout, range
        self.name, self.description, self.citation = metric.metric.key, metric.metric.description, metric.metric.paper
        self._found = Gathered()

    def add(self, *, prediction: object, reference: object) -> None:
        """Add one clip and what it is compared with."""
        self._found += gather(self._metric, prediction, reference, self._layout, self._range)

    def add_batch(self, *, predictions: Sequence[object], references: Sequence[object]) -> None:
        """Add clips, each with what it is compared with. Raises `ScoreError` for two numbers of them."""
        if len(predictions) != len(references):
            raise ScoreError(f"got {len(predictions)} predictions and {len(references)} references.")
        for prediction, reference in zip(predictions, references, strict=True):
            self.add(prediction=prediction, reference=reference)

    def compute(
        self, *, predictions: Sequence[object] = (), references: Sequence[object] = ()
    ) -> dict[str, float | int | str]:
        """The mean over what was added, and what belongs beside it; then it begins anew.

        Returns the value under the metric's key, `coverage`, `clips`, `frames` and `signature`.
        """
        self.add_batch(predictions=predictions, references=references)
        found, self._found = self._found, Gathered()
        return {
            self.name: found.value,
            "coverage": found.coverage,
            "clips": found.clips,
            "frames": found.frames,
            "signature": self._metric.signature,
        }
