# The rows of the speed table in Python, with its own pool of forked processes: python3 pool.py ROW WORKERS
import json
import multiprocessing
import os
import sys
import time
from array import array


def nothing(_=None):
    pass


def increment(n):
    return n + 1


def echo(value):
    return value


def spin(ms):
    end = time.perf_counter() + ms / 1000
    while time.perf_counter() < end:
        pass
    return ms


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def measure(row, workers):
    context = multiprocessing.get_context("fork")
    started = time.perf_counter()
    with context.Pool(workers) as pool:
        pool.apply(nothing)
        if row == "cold":
            return {"": (time.perf_counter() - started) * 1000}
        pool.map(spin, [5] * 4 * workers, 1)
        return ROWS[row](pool, workers)


def tiny(pool, _):
    started = time.perf_counter()
    results = [pool.apply_async(increment, (n,)) for n in range(100_000)]
    assert sum(result.get() for result in results) == 5_000_050_000
    return {"": 100_000 / (time.perf_counter() - started)}


def numbers(pool, _):
    items = [n * 1.5 for n in range(1_000_000)]
    started = time.perf_counter()
    pool.map(increment, items)
    return {"": 1 / (time.perf_counter() - started)}


def trip(pool, _):
    took = []
    for n in range(12_000):
        started = time.perf_counter()
        pool.apply(nothing)
        took.append((time.perf_counter() - started) * 1e6)
    took = sorted(took[2000:])
    return {"p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100]}


def cpu(pool, workers):
    started = time.perf_counter()
    for _ in range(4):
        fibonacci(22)
    one = (time.perf_counter() - started) / 4
    started = time.perf_counter()
    pool.map(fibonacci, [22] * 200)
    return {"": 200 * one / workers / (time.perf_counter() - started)}


def tail(pool, workers):
    items = [200 if n == 199 else (20 * 200 - 200) / 199 for n in range(200)]
    free = [0] * workers
    for item in items:
        free[free.index(min(free))] += item
    started = time.perf_counter()
    pool.map(spin, items)
    return {"": (time.perf_counter() - started) * 1000 / max(free)}


def big(pool, _):
    data = array("d", bytes(100_000_000))
    started = time.perf_counter()
    assert pool.apply(len, (data,)) == 12_500_000
    return {"": (time.perf_counter() - started) * 1000}


def objects(pool, _):
    value = {"id": 1, "name": "object", "tags": [f"tag {n}" for n in range(20)], "text": "x" * 700}
    started = time.perf_counter()
    results = [pool.apply_async(echo, (value,)) for _ in range(20_000)]
    for result in results:
        result.get()
    return {"": 20_000 / (time.perf_counter() - started)}


ROWS = {"tiny": tiny, "numbers": numbers, "trip": trip, "cpu": cpu, "tail": tail, "big": big, "object": objects}

if sys.argv[1] not in ROWS and sys.argv[1] != "cold":
    print(json.dumps({"skipped": "no such thing"}))
else:
    print(json.dumps({"figures": measure(sys.argv[1], int(sys.argv[2]))}))
