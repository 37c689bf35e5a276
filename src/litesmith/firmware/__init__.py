"""What a microcontroller's program is built with in place of a file: C and C++ sources."""
