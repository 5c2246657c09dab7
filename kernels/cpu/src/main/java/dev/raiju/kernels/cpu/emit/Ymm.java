package dev.raiju.kernels.cpu.emit;

/// A vector register of 256 bits, 0 to 15.
record Ymm(int number) {
  Ymm {
    if (number < 0 || number > 15)
      throw new IllegalArgumentException("assembler: no such vector register of 256 bits: " + number);
  }
}
