"""What `deploy/try --hosts` says of the rates that it has measured."""

from deploy.trial.rates import Rate, limit_of, seconds_in

SPENT = {"jury": 4.0, "postgres": 1.0, "valkey": 0.1, "stub": 0.9}


def rate(number, seconds, busy):
    return Rate(number=number, answers=1000, seconds=seconds, spent=SPENT, busy=busy, cores=2)


def test_busy_cores_are_the_limit_and_what_a_core_of_each_gives_is_said():
    slow, fast = rate(1, 10.0, 8.0), rate(2, 4.0, 7.6)
    assert str(slow) == ("1: 100 answers a second; of 2 cores 0.6 were busy with them and 0.2 with other programs")
    taken, here, elsewhere = limit_of([slow, fast])
    assert taken == "processor time of an answer: 6.0 ms, of which jury 4.00, postgres 1.00, stub 0.90, valkey 0.10"
    assert here.startswith("the cores limit it: 95 % of them were busy at the best rate. All 2")
    assert "give 333 a second" in here
    assert "250 answers a second by core of the jury, and 1000 by core of PostgreSQL" in elsewhere
    assert "enough for 4 cores of the jury; Valkey, which has one, for 40" in elsewhere


def test_idle_cores_mean_that_something_is_waited_for():
    assert limit_of([rate(1, 10.0, 8.0)])[1] == (
        "waiting limits it: 40 % of the cores were busy at the best rate, and more containers help up to 333 a second, "
        "where all 2 are"
    )


def test_more_containers_that_give_less_mean_that_the_cores_are_the_limit():
    rates = [rate(1, 10.0, 17.0), rate(2, 12.5, 21.0), rate(3, 20.0, 32.0)]
    assert limit_of(rates)[1] == (
        "the cores limit it: 85 % of them were busy at the best rate, with 1, and more containers on the same cores "
        "gave 80 and 50 a second"
    )


def test_both_versions_of_control_groups_are_read():
    assert seconds_in("usage_usec 1500000\nuser_usec 1000000\n") == 1.5
    assert seconds_in("1500000000\n") == 1.5
