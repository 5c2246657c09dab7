package dev.raiju.kernels.cpu.emit;

import java.util.function.Consumer;

/// What tiles do with vectors, written in the instructions of one extension. Registers are given by number.
sealed interface TileVectors permits Avx512Tiles, Avx2Tiles {
  TileShape shape();

  /// Prepares for what [TileShape#told] says, at the beginning of a function.
  void begin(Memory told);

  void clear(int register);

  void load(int to, Memory from);

  /// One word in all lanes.
  void broadcast(int to, Memory from);

  /// `sum = a · b + sum`, for the words that these tiles are made of.
  void multiplyAdd(int sum, int a, int b);

  /// Writes code that goes through the vectors of a tile and touches only the columns that there are.
  ///
  /// @param told where a function finds what it was told
  /// @param vectors of a row
  /// @param body is called once for each way that the code may take at run time
  void columns(Memory told, int vectors, Consumer<Columns> body);

  /// Loads and stores of vector `vector` of a row.
  interface Columns {
    void load(int to, int vector, Memory from);

    void store(Memory to, int vector, int from);
  }
}
