package dev.raiju.kernels.cpu.products;

/// How factors of a product of 8 bits lie in words of 32 bits, group by group along the sum: what [MicroKernels#bytes] multiplies.
///
/// A group of a line of the left factor: its signed codes, four in a word, their sum as f32, and an unused word. A group of a panel
/// of the right factor: rows of unsigned codes, four of a column in a word, a row of scales and a row of biases.
///
/// @param group elements that share a scale, a multiple of 4
public record ByteLines(int group) {
  /// Words of codes in a group.
  public int quads() { return group / 4; }

  /// Words of a group.
  public int words() { return quads() + 2; }

  /// Words of a line of `elements` elements, a multiple of the group.
  public int words(long elements) { return Math.toIntExact(elements / group * words()); }
}
