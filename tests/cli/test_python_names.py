"""Commands on what Python code makes."""

CODE = """
import jax.numpy as jnp
import keras

def wave(x):
    return jnp.sin(x) * 2

def network():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="scores")])
"""


def test_a_function_is_converted_and_verified(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "waves.py").write_text(CODE)
    ran = command("convert", "waves.py:wave", "--input", "?,8")
    assert (ran.code, ran.err) == (0, "")
    assert "waves.py:wave: a function of JAX -> 2 operators" in ran.out
    assert "same as JAX" in ran.out
    assert command("verify", "waves.py:wave", "wave.tflite").out.startswith("✓ the same as JAX on 2 inputs")


def test_a_model_that_a_function_makes_is_converted(command, tmp_path):
    (tmp_path / "networks.py").write_text(CODE)
    ran = command("convert", f"{tmp_path}/networks.py:network", "-o", tmp_path / "n.tflite", "--json")
    assert ran.code == 0
    assert ran.json["model_bytes"] is None
    assert ran.json["framework"] == "Keras"
    assert ran.json["operators"] == {"FULLY_CONNECTED": 1}


def test_a_function_whose_inputs_are_not_said_is_a_mistake(command, tmp_path):
    (tmp_path / "more_waves.py").write_text(CODE)
    ran = command("convert", f"{tmp_path}/more_waves.py:wave", "-o", tmp_path / "w.tflite")
    assert ran.code == 2
    assert ran.err.startswith("error P101: What wave takes is not known.")


def test_code_without_a_name_and_makers_of_nothing_say_what_to_write(command, tmp_path):
    file = tmp_path / "makers.py"
    file.write_text("def make():\n    pass\n")
    assert f"Name what makes the model in it: {file}:NAME." in command("convert", file).err
    ran = command("convert", f"{file}:make")
    assert (ran.code, "K303: None cannot be converted." in ran.err, "return model" in ran.err) == (2, True, True)


def test_an_interrupted_command_ends_with_130_and_leaves_no_file(command, tmp_path):
    file = tmp_path / "slow.py"
    file.write_text("def make():\n    raise KeyboardInterrupt\n")
    assert command("convert", f"{file}:make", "-o", tmp_path / "m.tflite").code == 130
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["slow.py"]
