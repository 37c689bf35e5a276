"""C arrays, as compilers read them."""

import shutil
import subprocess

import pytest

from litesmith.firmware.c_array import array_header, array_source

CONTENT = bytes(range(256)) + b"\x00\xff!"
PROGRAM = """
#include <stdint.h>
#include <stdio.h>
#include "it_tflite.h"
#include "it_tflite.h"
int main(void) {
  for (unsigned int i = 0; i < it_tflite_len; ++i) printf("%02x", it_tflite[i]);
  return (uintptr_t)it_tflite % 16 != 0 || sizeof(it_tflite) != it_tflite_len || IT_SIZE != 7;
}
"""


def test_the_header_declares_once_what_the_source_defines():
    header, source = array_header("it", "it_tflite", 259, ""), array_source("it", "it_tflite", CONTENT)
    assert header.count("IT_TFLITE_H_") == 3
    assert "extern const unsigned char it_tflite[259];" in header
    assert "alignas(16) const unsigned char it_tflite[259] = {" in source
    assert "const unsigned int it_tflite_len = 259;" in source
    numbers = source.partition("{")[2].partition("}")[0].replace(",", " ").split()
    assert bytes(int(number, 16) for number in numbers) == CONTENT


@pytest.mark.parametrize("compiler", [("gcc", "-std=c11"), ("g++", "-std=c++11", "-x", "c++")], ids=["C", "C++"])
def test_compilers_take_it(compiler, tmp_path):
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"there is no {compiler[0]}")
    (tmp_path / "it_tflite.h").write_text(array_header("it", "it_tflite", len(CONTENT), "#define IT_SIZE 7\n"))
    (tmp_path / "it_tflite.c").write_text(array_source("it", "it_tflite", CONTENT))
    (tmp_path / "main.c").write_text(PROGRAM)
    command = [*compiler, "-Wall", "-Werror", "main.c", "it_tflite.c", "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    ran = subprocess.run([tmp_path / "program"], capture_output=True, text=True)
    assert ran.returncode == 0
    assert bytes.fromhex(ran.stdout) == CONTENT
