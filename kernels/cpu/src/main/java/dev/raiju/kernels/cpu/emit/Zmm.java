package dev.raiju.kernels.cpu.emit;

/// A vector register of 512 bits, 0 to 31.
record Zmm(int number) {
  Zmm {
    if (number < 0 || number > 31) throw new IllegalArgumentException("assembler: no such vector register: " + number);
  }
}
