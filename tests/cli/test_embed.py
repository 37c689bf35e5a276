"""`litesmith embed`, and `litesmith convert --target`."""


def test_a_conversion_for_a_microcontroller_writes_its_sources(command, keras_file):
    ran = command("convert", keras_file, "--target", "tflm", "--arena", "16k")
    assert ran.code == 0
    assert "for the program: small_tflite.h, small_tflite.c, small_resolver.h" in ran.out
    assert "1 operator to link" in ran.out
    assert "note D206" in ran.err
    written = {path.name for path in keras_file.parent.iterdir()}
    assert written == {"small.keras", "small.tflite", "small_tflite.h", "small_tflite.c", "small_resolver.h"}
    data = command("convert", keras_file, "--target", "tflm", "--batch", "1", "--json").json
    assert data["firmware"]["array"] == "small_tflite"
    assert data["firmware"]["operators"] == ["FULLY_CONNECTED"]
    assert data["firmware"]["needed"] >= data["firmware"]["arena"]


def test_what_does_not_fit_is_refused_and_nothing_is_written(command, keras_file):
    ran = command("convert", keras_file, "--target", "tflm", "--arena", "1k")
    assert ran.code == 1
    assert "error D204: tflm has 1,024 bytes for" in ran.err
    assert [path.name for path in keras_file.parent.iterdir()] == ["small.keras"]


def test_other_targets_refuse_and_write_a_file_alone(command, keras_file):
    ran = command("convert", keras_file, "--target", "edgetpu")
    assert ran.code == 1
    assert "error D202" in ran.err
    assert [path.name for path in keras_file.parent.iterdir()] == ["small.keras"]
    assert command("convert", keras_file, "--target", "cpu").code == 0
    assert {path.name for path in keras_file.parent.iterdir()} == {"small.keras", "small.tflite"}


def test_a_board_of_ones_own_takes_sources_like_the_one_it_builds_on(command, keras_file, tmp_path):
    (board := tmp_path / "board.toml").write_text('like = "tflm"\narena_bytes = "16k"\n')
    assert command("convert", keras_file, "--target", board, "-o", tmp_path / "net.tflite").code == 0
    assert (tmp_path / "net_resolver.h").exists()


def test_mistakes_in_the_target_are_said_before_anything_is_loaded(command, tmp_path):
    nothing = tmp_path / "nothing.keras"
    assert "D101" in command("convert", nothing, "--target", "tfml").err
    for arguments, said in ((["--arena", "2k"], "say --target too"), (["-t", "tflm", "--arena", "much"], "1.5 MB")):
        ran = command("convert", nothing, *arguments)
        assert ran.code == 2
        assert said in ran.err


def test_a_file_is_embedded(command, keras_file, tmp_path):
    command("convert", keras_file, "--batch", "1")
    (folder := tmp_path / "firmware").mkdir()
    ran = command("embed", keras_file.with_suffix(".tflite"), "--arena", "16k", "-o", folder)
    assert ran.code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["small_resolver.h", "small_tflite.c", "small_tflite.h"]
    data = command("embed", keras_file.with_suffix(".tflite"), "--json").json
    assert (data["ok"], data["array"]) == (True, "small_tflite")


def test_a_file_with_an_open_batch_runs_as_it_was_written(command, lite_file):
    ran = command("embed", lite_file)
    assert ran.code == 0
    assert "note D206" in ran.err


def test_targets_that_read_files_are_refused(command, lite_file):
    ran = command("embed", lite_file, "--target", "cpu")
    assert ran.code == 2
    assert "D103" in ran.err


def test_check_takes_an_arena_too(command, keras_file):
    ran = command("check", keras_file, "--target", "tflm", "--arena", "1k")
    assert ran.code == 1
    assert "D204" in ran.out
