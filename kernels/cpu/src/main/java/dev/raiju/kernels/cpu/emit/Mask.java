package dev.raiju.kernels.cpu.emit;

/// A mask register. As the mask of an instruction, number 0 means that there is none.
record Mask(int number) {
  static final Mask NONE = new Mask(0);

  Mask {
    if (number < 0 || number > 7) throw new IllegalArgumentException("assembler: no such mask register: " + number);
  }
}
