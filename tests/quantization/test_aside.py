"""Work beside the caller's: in order, within memory, and with its errors raised."""

import threading

import numpy as np
import pytest

from litesmith.quantization import aside
from litesmith.quantization.aside import Aside

ARRAY = np.zeros(1000, np.uint8)


def add(beside, keys):
    with beside:
        for key in keys:
            beside.add(key, ARRAY)


def test_arrays_come_in_order_on_another_thread():
    seen, threads = [], set()

    def work(key, array):
        seen.append(key)
        threads.add(threading.current_thread())

    add(Aside(work, 10**6), range(100))
    assert seen == list(range(100))
    assert threading.current_thread() not in threads


def test_who_adds_more_than_may_wait_waits(monkeypatch):
    monkeypatch.setattr(aside, "TOGETHER", 1000)
    done, most, added = [], 0, 0
    with Aside(lambda key, array: done.append(key), 3000) as beside:
        for key in range(50):
            beside.add(key, ARRAY)
            added += 1
            most = max(most, added - len(done))
    assert most <= 3
    assert len(done) == 50


@pytest.mark.parametrize("together", [1, 10**6])
def test_errors_of_the_work_are_raised(monkeypatch, together):
    monkeypatch.setattr(aside, "TOGETHER", together)

    def fail(key, array):
        raise ValueError(f"{key} is wrong")

    with pytest.raises(ValueError, match="0 is wrong"):
        add(Aside(fail, 1000), range(5))


def test_where_the_caller_fails_nothing_more_is_done():
    def keys():
        yield 0
        raise KeyboardInterrupt

    done = []
    with pytest.raises(KeyboardInterrupt):
        add(Aside(lambda key, array: done.append(key), 10**9), keys())
    assert not done


def test_numpy_warns_of_what_the_caller_lets_it_warn_of():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        add(Aside(lambda key, array: 1 / array, 1000), [0])
