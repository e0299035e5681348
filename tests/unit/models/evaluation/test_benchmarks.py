"""Public sets in, figures beside the published ones out."""

from pathlib import Path

import pytest

from agents.settings import Settings
from models import Bundle, ModelError
from models.evaluation.benchmarks import BENCHMARKS, GATE_THRESHOLD, Measured, measure


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    """The operator should read which sets there are."""
    with pytest.raises(ModelError, match="no set 'nope' is measured"):
        list(measure(tmp_path, ["nope"]))


def test_the_gate_is_measured_where_deployments_have_it() -> None:
    """Another threshold would tell of a product that nobody runs."""
    assert Settings().spam_threshold == GATE_THRESHOLD


def test_an_absent_set_is_named(tmp_path: Path) -> None:
    """Every benchmark should say which file it misses."""
    for benchmark in BENCHMARKS:
        with pytest.raises(ModelError, match=r"is not there"):
            list(benchmark.run(tmp_path))


def test_a_line_holds_the_published_figure_beside() -> None:
    """The difference should be printed with its sign."""
    assert Measured("a", "F1", 0.97, 0.96).line().endswith("0.970   published 0.960   +0.010")
    assert "published" not in Measured("a", "F1", 0.97, None).line()


@pytest.mark.data
@pytest.mark.parametrize(("name", "least"), [("sms_spam", 0.960), ("airline_tweets", 0.762)])
def test_the_linear_baselines_are_beaten(data: Path, name: str, least: float) -> None:
    """Trained on the set alone, copies kept together, the figure should lie above the published one."""
    first = next(iter(measure(data, [name])))
    assert first.value > least == first.published


@pytest.mark.data
def test_every_event_is_told_by_what_the_others_taught(data: Path) -> None:
    """Leave one event out: each should lie above the published figure, with the cut, too, set on other events."""
    found = list(measure(data, ["crisislex_t6"]))
    assert len(found) == 4
    assert all(one.published is not None and one.value > one.published for one in found)


@pytest.mark.data
def test_what_people_write_is_hardly_ever_called_spam(data: Path) -> None:
    """Of tweets to airlines, of brands, to support and of reviews the shipped gate should call at most one in a hundred spam."""
    assert all(one.value <= 0.01 for one in measure(data, ["gate_shipped"]))


def test_emergencies_of_other_words_are_urgent(bundle: Bundle) -> None:
    """What was missed before should be found, and a plain question should not."""
    urgent = bundle.judge(
        ["my house is on fire because of your heater", "I am locked out with my baby in the car", "stranded at the airport all night"]
    )
    assert (urgent.urgency > 0.5).all()
    assert bundle.judge(["How do I change my address?"]).urgency[0] < 0.1
