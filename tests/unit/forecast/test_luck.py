"""The yardstick of benchmarks/luck.py: which part of a deviation is level, which the busiest boxes, which the rest."""
import importlib.util
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def luck():
    spec = importlib.util.spec_from_file_location("luck", ROOT / "benchmarks" / "luck.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("wrong, factors", (("level", [1.2] * 5), ("busiest", [0.95, 0.95, 0.95, 0.95, 1.2]),
                                            ("rest", [0.8, 1.2, 0.8, 1.2, 1.0]), (None, [1.0] * 5)))
def test_each_part_sees_its_own_fault_alone(luck, wrong, factors):
    expected = np.full((52, 5), 20.0)
    observed = np.random.default_rng(2).poisson(expected * factors).astype(float)
    found = luck.luck([(expected, observed), (expected[:, :4], expected[:, :4])], draws=2000)
    assert sum(found["parts"].values()) == pytest.approx(found["chi"])
    assert {name for name, p in found["parts_p"].items() if p < 0.01} == ({wrong} if wrong else set())


def test_groups_that_were_kept_tell_the_same(luck, tmp_path):
    types = {"theft": (np.array([[3.0, 2.5], [2.0, 4.25]]), np.array([[2.0, 4.0], [1.0, 0.5]])),
             "gunfire": (np.ones((2, 5)), np.arange(10.0).reshape(2, 5))}
    luck.keep(tmp_path / "groups.csv", types)
    again = luck.kept(tmp_path / "groups.csv")
    assert set(again) == set(types)
    for code, arrays in types.items():
        np.testing.assert_array_equal(again[code], arrays)
