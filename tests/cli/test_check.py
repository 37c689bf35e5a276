"""`litesmith check` and `litesmith targets`."""

import json

from litesmith.targets.profile import names


def test_a_model_that_runs(command, keras_file):
    ran = command("check", keras_file)
    assert ran.code == 0
    assert ran.out.startswith("runs on LiteRT")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["hidden", "runs", "FULLY_CONNECTED", "30", "44", "bytes"] in rows


def test_files_of_litert_are_taken_too(command, lite_file):
    data = command("check", lite_file, "--json").json
    assert (data["ok"], data["runs"], data["bytes"]) == (True, True, lite_file.stat().st_size)
    assert [layer["fate"] for layer in data["layers"]] == ["runs"] * len(data["layers"])


def test_what_does_not_run_ends_with_1_and_says_why(command, keras_file, tmp_path):
    (board := tmp_path / "board.toml").write_text('like = "tflm"\nweights = 100\n')
    ran = command("check", keras_file, "--target", board)
    assert ran.code == 1
    assert "does not run on LiteRT for Microcontrollers" in ran.out
    assert "error D204: board has 100 bytes for the file" in ran.out
    data = command("check", keras_file, "--target", board, "--json").json
    assert (data["ok"], data["runs"]) == (False, False)
    assert [finding["code"] for finding in data["findings"]] == ["D204", "D206"]


def test_sarif_is_one_log_with_the_rules_it_names(command, keras_file):
    log = json.loads(command("check", keras_file, "--target", "edgetpu", "--sarif").out)
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert log["version"] == "2.1.0"
    assert {result["ruleId"] for result in run["results"]} == rules == {"D202", "D206"}
    assert [result["level"] for result in run["results"]] == ["error", "note"]


def test_a_target_that_there_is_not_is_a_mistake(command, keras_file):
    ran = command("check", keras_file, "--target", "edgtpu")
    assert ran.code == 2
    assert "D101" in ran.err
    assert "Did you mean edgetpu?" in ran.err


def test_all_targets_are_listed(command):
    assert [each["name"] for each in command("targets", "--json").json["targets"]] == names()
    assert all(name in command("targets").out for name in names())


def test_options_that_mean_nothing_for_a_converted_file_are_refused(command, lite_file):
    ran = command("check", lite_file, "--batch", "1")
    assert ran.code == 2
    assert "checked as it is" in ran.err


def test_a_mistake_is_sarif_too_where_that_was_asked_for(command, tmp_path):
    ran = command("check", tmp_path / "nothing.keras", "--sarif")
    assert ran.code == 2
    assert json.loads(ran.out)["runs"][0]["results"][0]["ruleId"] == "F101"
