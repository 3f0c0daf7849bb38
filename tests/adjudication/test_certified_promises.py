"""Certificates keep their promises on simulated projects and on real votes: the benchmarks in a small form, seeded."""

import pytest

from bench import certified, certified_votes


def test_promises_are_broken_no_more_often_than_said_with_looks_at_every_batch():
    found = certified.promises(40, seed=11)
    assert found["jurors of all kinds"][0] > 0.3  # not because nothing is ever promised
    for name, (_, broken, peeking) in found.items():
        assert max(broken, peeking) <= certified.RISK, name


def test_promises_by_probability_are_kept_whatever_jurors_claim():
    found = certified.promises(20, seed=16, makers=certified.BY_PROBABILITY)
    assert found["probabilities honest"][0] > 0.3
    for name, (_, broken, peeking) in found.items():
        assert max(broken, peeking) <= certified.RISK, name


def test_intervals_cover_and_bounds_of_sets_hold_whichever_threshold_was_chosen():
    assert certified.intervals(400, seed=12) >= certified.LEAST_COVERAGE
    false_discoveries, misses, distance = certified.set_bounds(40, seed=15)
    assert max(false_discoveries, misses) <= certified.RISK
    assert distance < 0.3


def test_alarm_is_rarely_false_and_comes_soon_where_errors_double():
    found = certified.drift(40, seed=13)
    assert max(found[0.5][0], found[1.0][0]) <= certified.RISK
    assert found[2.0][0] == found[3.0][0] == 1
    assert found[3.0][1] < found[2.0][1] < 400


@pytest.mark.slow
def test_labels_certified_on_real_votes_are_those_of_all_other_people(real_data):
    field, panel, sample = certified_votes.SETS["dices990"]
    votes = certified_votes.read_votes(real_data / "votes" / "dices990" / "votes.csv.gz", field)
    for error in (0.05, 0.10):
        found, broken, saved, same = certified_votes.figures(votes, panel, sample, error, rounds=15)
        assert found >= 0.5
        assert broken <= certified_votes.RISK
        assert saved > 0.25
        assert same >= 1 - error
