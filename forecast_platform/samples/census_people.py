"""People with an income, made up: what the sample ``census`` is made from, and the ways in which they can drift.

Belongs here: how a person comes about. Does not belong here: files (``census``), the model (``census_training``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEATURES = (
    "age",
    "workclass",
    "education",
    "education_years",
    "marital_status",
    "occupation",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "region",
)
LABEL = "income_over_50k"


class Drift(StrEnum):
    """A way in which traffic can differ from what a model was trained on."""

    SHIFTED_NUMBER = "shifted_number"
    """Everyone works eight hours a week more."""
    NEW_CATEGORY = "new_category"
    """One in eight works for a platform, which is no workclass of the training set."""
    MISSING_VALUES = "missing_values"
    """Every sixth has no occupation, every sixteenth no years of education."""
    TYPE_CHANGE = "type_change"
    """Ages come with decimals."""
    LABEL_SHIFT = "label_shift"
    """Incomes rose: more people than before earn over 50,000, whatever else is known of them."""


@dataclass(frozen=True)
class People:
    """A table of people.

    Attributes:
        rows: One per person: a text per feature, in the order of :data:`FEATURES`.
        labels: 1 = earns over 50,000; one per person.
    """

    rows: list[list[str]]
    labels: list[int]


_Shares = dict[str, float]
_WORKCLASS: _Shares = {"private": 0.7, "self_employed": 0.11, "government": 0.14, "not_working": 0.05}
_EDUCATION: _Shares = {
    "no_degree": 0.12,
    "high_school": 0.33,
    "some_college": 0.27,
    "bachelor": 0.18,
    "master": 0.08,
    "doctorate": 0.02,
}
_YEARS = {"no_degree": 10, "high_school": 12, "some_college": 14, "bachelor": 16, "master": 18, "doctorate": 21}
_MARITAL_YOUNG: _Shares = {"never_married": 0.68, "married": 0.25, "divorced": 0.07}
_MARITAL: _Shares = {"never_married": 0.17, "married": 0.58, "divorced": 0.19, "widowed": 0.06}
_OCCUPATION: _Shares = {
    "craft": 0.22,
    "service": 0.21,
    "clerical": 0.18,
    "transport": 0.14,
    "sales": 0.12,
    "farming": 0.05,
    "management": 0.05,
    "professional": 0.03,
}
_OCCUPATION_GRADUATE: _Shares = {
    "professional": 0.42,
    "management": 0.28,
    "sales": 0.13,
    "clerical": 0.1,
    "service": 0.07,
}
_SEX: _Shares = {"female": 0.48, "male": 0.52}
_REGION: _Shares = {"northeast": 0.18, "midwest": 0.21, "south": 0.38, "west": 0.23}
_OCCUPATION_EFFECT = {
    "management": 0.9,
    "professional": 0.7,
    "sales": 0.3,
    "craft": 0.1,
    "service": -0.8,
    "farming": -0.9,
}
_GRADUATE_YEARS = 16
_YOUNG = 30


def people(random: np.random.Generator, count: int, drift: Collection[Drift] = ()) -> People:
    """``count`` people; of ``random`` only :meth:`random` is used.

    The same draws are made whatever ``drift`` is, so that a drifted table holds the same people, changed.
    """
    import numpy as np

    draw = random.random
    age = np.clip(np.rint(40 + 13 * _normal(random, count)), 17, 90)
    education = _choices(draw(count), _EDUCATION)
    years = np.array([_YEARS[one] for one in education], dtype=float)
    marital = _chosen(draw(count), age < _YOUNG, _MARITAL_YOUNG, _MARITAL)
    occupation = _chosen(draw(count), years >= _GRADUATE_YEARS, _OCCUPATION_GRADUATE, _OCCUPATION)
    sex = _choices(draw(count), _SEX)
    gain = np.where(draw(count) < 0.08, 100 * np.floor(10 + 140 * draw(count) ** 2), 0)
    loss = np.where(draw(count) < 0.04, 10 * np.floor(120 + 140 * draw(count)), 0)
    hours = np.where(draw(count) < 0.5, 40, np.clip(np.rint(40 + 11 * _normal(random, count)), 1, 90))
    columns: dict[str, list[str] | NDArray[np.float64]] = {
        "age": age,
        "workclass": _choices(draw(count), _WORKCLASS),
        "education": education,
        "education_years": years,
        "marital_status": marital,
        "occupation": occupation,
        "sex": sex,
        "capital_gain": gain,
        "capital_loss": loss,
        "hours_per_week": hours,
        "region": _choices(draw(count), _REGION),
    }
    evidence = (
        -4.1
        + 0.035 * np.clip(age - 40, -20, 20)
        + 0.3 * (years - 12)
        + 0.03 * (hours - 40)
        + 0.0003 * gain
        + 0.0004 * loss
        + 1.9 * (np.array(marital) == "married")
        + 0.3 * (np.array(sex) == "male")
        + np.array([_OCCUPATION_EFFECT.get(one, 0.0) for one in occupation])
        + (1.5 if Drift.LABEL_SHIFT in drift else 0.0)
    )
    labels = draw(count) < 1.0 / (1.0 + np.exp(-evidence))
    texts = {name: _texts(values) for name, values in columns.items()}
    luck = draw((3, count))
    for kind, change in _CHANGES.items():
        if kind in drift:
            change(texts, luck)
    return People([list(row) for row in zip(*texts.values(), strict=True)], labels.astype(int).tolist())


def _shift_hours(texts: dict[str, list[str]], luck: NDArray[np.float64]) -> None:
    texts["hours_per_week"] = [str(min(int(hours) + 8, 99)) for hours in texts["hours_per_week"]]


def _add_workclass(texts: dict[str, list[str]], luck: NDArray[np.float64]) -> None:
    texts["workclass"] = _replaced(texts["workclass"], luck[0] < 1 / 8, "platform")


def _lose_values(texts: dict[str, list[str]], luck: NDArray[np.float64]) -> None:
    texts["occupation"] = _replaced(texts["occupation"], luck[1] < 1 / 6, "")
    texts["education_years"] = _replaced(texts["education_years"], luck[1] > 15 / 16, "")


def _add_decimals(texts: dict[str, list[str]], luck: NDArray[np.float64]) -> None:
    tenths = (luck[2] * 9).astype(int) + 1
    texts["age"] = [f"{age}.{tenth}" for age, tenth in zip(texts["age"], tenths, strict=True)]


_CHANGES: dict[Drift, Callable[[dict[str, list[str]], NDArray[np.float64]], None]] = {
    Drift.SHIFTED_NUMBER: _shift_hours,
    Drift.NEW_CATEGORY: _add_workclass,
    Drift.MISSING_VALUES: _lose_values,
    Drift.TYPE_CHANGE: _add_decimals,
}


def _replaced(texts: Sequence[str], where: NDArray[np.bool_], text: str) -> list[str]:
    return [text if there else old for old, there in zip(texts, where, strict=True)]


def _texts(values: Sequence[str] | NDArray[np.float64]) -> list[str]:
    return [value if isinstance(value, str) else str(int(value)) for value in values]


def _normal(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """As good as normal here: twelve uniform numbers added up (Irwin-Hall)."""
    import numpy as np

    return np.asarray(random.random((count, 12)).sum(axis=1) - 6.0)


def _choices(draws: NDArray[np.float64], shares: _Shares) -> list[str]:
    import numpy as np

    names = list(shares)
    upper = np.cumsum(list(shares.values()))[:-1]
    return [names[index] for index in np.searchsorted(upper, draws, side="right")]


def _chosen(draws: NDArray[np.float64], first: NDArray[np.bool_], shares: _Shares, otherwise: _Shares) -> list[str]:
    pairs = zip(first, _choices(draws, shares), _choices(draws, otherwise), strict=True)
    return [one if there else other for there, one, other in pairs]
