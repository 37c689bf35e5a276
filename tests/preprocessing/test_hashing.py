"""The hashes of texts against published values and, where it is installed, TensorFlow."""

import random

import pytest

from litesmith.preprocessing.hashing import bucket, cross, fingerprint, siphash

LENGTHS = (*range(70), 127, 128, 129, 191, 192, 193, 1000)
BINS = 2**62 + 3


def texts(seed):
    source = random.Random(seed)
    return [bytes(source.randrange(256) for _ in range(length)) for length in LENGTHS]


def test_siphash_of_the_paper():
    """The example of the paper's appendix A."""
    key = bytes(range(16))
    first, second = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    assert siphash(bytes(range(15)), first, second) == 0xA129CA6149BE45E5


def test_fingerprint_of_nothing():
    assert fingerprint(b"") == 0x9AE16A3B2F90404F


def test_hashes_of_tensorflow():
    tensorflow = pytest.importorskip("tensorflow")
    given = texts(0)
    fast = tensorflow.strings.to_hash_bucket_fast(given, BINS).numpy().tolist()
    strong = tensorflow.strings.to_hash_bucket_strong(given, BINS, key=[133, -7]).numpy().tolist()
    assert [bucket(text, BINS) for text in given] == fast
    assert [bucket(text, BINS, (133, -7)) for text in given] == strong


def test_crosses_of_tensorflow():
    tensorflow = pytest.importorskip("tensorflow")
    source = random.Random(1)
    rows = [(text[:20], source.randrange(-(2**40), 2**40), source.randrange(-5, 5)) for text in texts(2)]
    columns = [tensorflow.constant([[row[i]] for row in rows]) for i in range(3)]
    expected = tensorflow.sparse.to_dense(tensorflow.sparse.cross_hashed(columns, 1009)).numpy()[:, 0]
    assert [cross(row, 1009) for row in rows] == expected.tolist()
