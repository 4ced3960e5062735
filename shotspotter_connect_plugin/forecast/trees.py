"""Gradient-boosted trees that correct a forecast: grown by scikit-learn, kept as plain numbers, read by numpy.

The trees learn the log of the ratio of the true rate to that of a simpler forecast (Friedman 2001, Poisson loss) from
events and from a sample of the places and times where the simpler forecast expects them. They are small, few and
slow to learn, and no leaf may rest on less than a thirtieth of the sample, since trees that are free to fit a few
hundred events forecast worse than none.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .arrays import Floats, Numbers

# Chosen, all four: few, small trees that learn slowly from large leaves, as trees that are free to fit a few hundred
# events forecast worse than none. On development years (Washington 2015 and 2016) they gain 0.01 in log score on
# average.
ROUNDS = 60
# Leaves of one tree: four questions, so at most four terms act together.
LEAVES = 5
# Part of what a tree finds that is kept; with 60 rounds a constant error is corrected by five sixths.
_RATE = 0.03
# Of the sample: no leaf rests on less than 3 %.
_LEAF_SHARE = 1 / 33
# Of any tree in a model file: the answers to its seven questions are the bits of one byte (Tree.predict).
MOST_LEAVES = 8
# Thresholds of one term that the trees choose among: scikit-learn takes no more than 255 steps.
_STEPS = 255
_EVENT = 1e-3
"""An event is a row of rate 1 / _EVENT and exposure _EVENT: nearly all of its weight is that it happened."""


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes, the root first; ``left`` is -1 in leaves, where ``value`` holds.

    Rows whose ``feature`` is at most ``threshold`` go left.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    @cached_property
    def _table(self) -> tuple[list[int], Floats]:
        """Positions of the nodes that ask, and the value of every combination of their answers (bit k: the k-th says
        left), which is faster to look up than to walk through."""
        asking = [node for node in range(len(self.left)) if self.left[node] >= 0]
        place = {node: bit for bit, node in enumerate(asking)}
        values = np.empty(1 << len(asking))
        for answers in range(values.size):
            node = 0
            while node in place:
                node = self.left[node] if answers >> place[node] & 1 else self.right[node]
            values[answers] = self.value[node]
        return asking, values

    def predict(self, columns: Sequence[Floats]) -> Floats:
        """Values of rows given as a list of columns."""
        asking, values = self._table
        answers = np.zeros(columns[0].size, dtype=np.uint8)
        for bit, node in enumerate(asking):
            says_left: Numbers = (columns[self.feature[node]] <= self.threshold[node]).view(np.uint8)
            answers |= (says_left << bit).astype(np.uint8, copy=False)
        return values.take(answers)


@dataclass(frozen=True)
class Forest:
    """Trees whose values are added to a constant."""

    constant: float
    trees: tuple[Tree, ...]

    def predict(self, terms: Floats) -> Floats:
        """Sum of the trees for rows of terms (n, terms): the same bits as scikit-learn's raw prediction."""
        columns = [np.ascontiguousarray(column) for column in np.asarray(terms, dtype=float).T]
        total = np.full(len(terms), self.constant)
        for tree in self.trees:
            total += tree.predict(columns)
        return total


def can_grow() -> bool:
    """Tell whether scikit-learn is there and loads."""
    try:
        import sklearn.ensemble  # noqa: F401
        import threadpoolctl  # noqa: F401
    except ImportError:
        return False
    return True


def grow(event_terms: Floats, event_weight: Floats, terms: Floats, expected: Floats, seed: int,
         tick: Callable[[], None] = lambda: None) -> Forest:
    """Grow a forest.

    Parameters
    ----------
    event_terms : numpy.ndarray
        (n, terms) of events.
    event_weight : array of n
    terms : numpy.ndarray
        (m, terms) of a sample of places and times.
    expected : array of m
        Events that the simpler forecast expects of what each of them stands for.
    seed : int
    tick : callable, optional
        Called before each round; what it raises stops the growth.

    Returns
    -------
    Forest
    """
    from threadpoolctl import threadpool_limits

    steps, thresholds = _in_steps(np.concatenate([event_terms, terms]))
    rate = np.concatenate([np.full(len(event_terms), 1 / _EVENT), np.zeros(len(terms))])
    exposure = np.concatenate([event_weight * _EVENT, expected])
    model = _stoppable(tick)(
        loss="poisson", learning_rate=_RATE, max_leaf_nodes=LEAVES, l2_regularization=1.0, max_iter=ROUNDS,
        min_samples_leaf=max(int(len(steps) * _LEAF_SHARE), 20), early_stopping=False, random_state=seed)
    tick()
    # One thread: sums of several threads may come in another order, and the same data must give the same bits.
    with threadpool_limits(1):
        model.fit(steps, rate, sample_weight=exposure)
    constant = float(np.ravel(model._baseline_prediction)[0])
    return Forest(constant, tuple(_tree(one[0].nodes, thresholds) for one in model._predictors))


def _in_steps(rows: Floats) -> tuple[Floats, list[Floats]]:
    """Each term as the number of the step it stands on, 0 upwards without gaps, and the upper ends of its steps.

    The steps are quantiles of the rows, each row counted once. scikit-learn makes such steps itself, but its versions
    disagree on whether a row counts by its exposure, and newer ones sort a term once for each step.
    """
    steps, thresholds = np.empty(rows.shape), []
    for k, term in enumerate(np.ascontiguousarray(rows.T)):
        values = np.unique(term)
        ends = (values[:-1] + values[1:]) * 0.5 if values.size <= _STEPS else np.percentile(
            term, np.linspace(0, 100, _STEPS + 1)[1:-1], method="midpoint")
        taken, steps[:, k] = np.unique(np.searchsorted(ends, term), return_inverse=True)
        thresholds.append(ends[taken[:-1]])
    return steps, thresholds


def _stoppable(tick: Callable[[], None]) -> Any:
    """scikit-learn's boosted trees, which call ``tick`` before each round; ``fit`` itself has nothing for that."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    class Stoppable(HistGradientBoostingRegressor):
        def _get_loss(self, sample_weight: Any) -> Any:
            loss = super()._get_loss(sample_weight=sample_weight)
            slopes = loss.gradient_hessian

            def ticking(*given: Any, **named: Any) -> Any:
                tick()
                return slopes(*given, **named)

            loss.gradient_hessian = ticking
            return loss

    return Stoppable


def _tree(nodes: Numbers, thresholds: Sequence[Floats]) -> Tree:
    """The tree that asks for terms instead of their steps; it splits half-way between two steps."""
    leaf = nodes["is_leaf"].astype(bool)
    asked = [0.0 if is_leaf else float(thresholds[term][int(step)])
             for is_leaf, term, step in zip(leaf, nodes["feature_idx"], nodes["num_threshold"])]
    return Tree(tuple(np.where(leaf, 0, nodes["feature_idx"]).tolist()),
                tuple(asked),
                tuple(np.where(leaf, -1, nodes["left"].astype(np.int64)).tolist()),
                tuple(np.where(leaf, -1, nodes["right"].astype(np.int64)).tolist()),
                tuple(np.where(leaf, nodes["value"], 0.0).tolist()))
