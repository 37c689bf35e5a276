"""Changes graphs, and keeps those that TensorFlow runs: `python tensorflow_answers.py GROUP FIRST COUNT`, in a folder.

Each case is a folder named by its number: `graph.pb`, `feeds.npz`, `answers.npz`, and `case.json`, which is written
last. TensorFlow ends the process on some graphs, and waits forever in others: the case printed last is one of these.
"""

import faulthandler
import json
import os
import random
import sys
from functools import cache
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import tensorflow as tf

from fuzzing.graph_changes import changed
from fuzzing.graph_seeds import FILE_NAMES, FUNCTIONS, of_file, of_function

v1 = tf.compat.v1

HANG, ATTEMPTS = 20, 8
"""Seconds of one case, and how many changes are tried until TensorFlow takes one."""


@cache
def seed_of(name):
    return of_function(name) if name in FUNCTIONS else of_file(name, Path(f"seed {name.replace('/', ' ')}"))


def settings():
    """Each operation as it stands there, run by its own kernel."""
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=4)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    return config


sessions = []
"""Those in which a loop failed wait forever when they are closed, so that none is."""


def answers_of(definition, seed):
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
    sessions.append(v1.Session(graph=graph, config=settings()))
    return sessions[-1].run(list(seed.outputs), {f"{name}:0": array for name, array in seed.feeds.items()})


def tried(number, name):
    """The first of some changes of a graph that TensorFlow takes, and what it computes then."""
    seed, dice = seed_of(name), random.Random(f"{name} {number}")
    for _ in range(ATTEMPTS):
        definition = v1.GraphDef.FromString(seed.graph)
        said = changed(definition, seed.outputs, dice)
        try:
            answers = answers_of(definition, seed)
        except Exception:  # whatever TensorFlow says of a graph that is none
            continue
        folder = Path(str(number))
        folder.mkdir()
        (folder / "graph.pb").write_bytes(definition.SerializeToString())
        np.savez(folder / "feeds.npz", **seed.feeds)
        np.savez(folder / "answers.npz", *answers)
        (folder / "case.json").write_text(json.dumps({"name": name, "outputs": seed.outputs, "said": said}))
        return


def main(group, first, count):
    names = sorted(FUNCTIONS) if group == "functions" else sorted(FILE_NAMES)
    for number in range(first, first + count):
        name = names[number % len(names)]
        seed_of(name)
        print(f"case {number}", flush=True)
        faulthandler.dump_traceback_later(HANG, exit=True)
        tried(number, name)
        faulthandler.cancel_dump_traceback_later()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
