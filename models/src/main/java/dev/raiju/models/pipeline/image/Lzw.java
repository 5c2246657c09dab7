package dev.raiju.models.pipeline.image;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/// The compression of GIF: Lempel, Ziv and Welch with codes of up to 12 bits, lowest bit first, in blocks of up to 255 bytes.
///
/// The encoder is one entry ahead of the decoder, hence codes grow when the entry being added no longer fits, not when it is
/// full.
final class Lzw {
  private static final int CODES = 1 << 12;
  private static final int SLOTS = 1 << 13;
  private static final int BLOCK = 255;

  private final int clear;
  private final int firstBits;
  private final OutputStream out;

  // a table of (prefix code, next index) -> code, open addressing; 0 marks a free slot
  private final int[] keys = new int[SLOTS];
  private final short[] codes = new short[SLOTS];
  private int next;
  private int bits;

  private final byte[] block = new byte[BLOCK];
  private int inBlock;
  private int pending;
  private int pendingBits;

  /// For indices below `1 << indexBits`.
  Lzw(int indexBits, OutputStream out) {
    this.clear = 1 << indexBits;
    this.firstBits = indexBits + 1;
    this.out = out;
  }

  /// Writes all indices of one frame, and the end.
  void write(byte[] indices) throws IOException {
    reset();
    int prefix = indices[0] & 0xff;
    for (int i = 1; i < indices.length; i++) {
      int index = indices[i] & 0xff;
      int key = prefix << 8 | index + 1 << 20;
      int slot = slot(key);
      if (keys[slot] == key) {
        prefix = codes[slot];
        continue;
      }
      emit(prefix);
      if (next == CODES) {
        reset();
      } else {
        if (next == 1 << bits) bits++;
        keys[slot] = key;
        codes[slot] = (short) next++;
      }
      prefix = index;
    }
    emit(prefix);
    // the decoder has added the entry of the code before this one
    if (next == 1 << bits && bits < 12) bits++;
    emit(clear + 1);
    flush();
  }

  private void reset() throws IOException {
    if (bits == 0) bits = firstBits;
    emit(clear);
    Arrays.fill(keys, 0);
    next = clear + 2;
    bits = firstBits;
  }

  private int slot(int key) {
    int slot = key * 0x9e3779b1 >>> 32 - 13;
    while (keys[slot] != 0 && keys[slot] != key) slot = slot + 1 & SLOTS - 1;
    return slot;
  }

  private void emit(int code) throws IOException {
    pending |= code << pendingBits;
    pendingBits += bits;
    while (pendingBits >= 8) {
      put((byte) pending);
      pending >>>= 8;
      pendingBits -= 8;
    }
  }

  private void put(byte value) throws IOException {
    block[inBlock++] = value;
    if (inBlock == BLOCK) writeBlock();
  }

  private void writeBlock() throws IOException {
    out.write(inBlock);
    out.write(block, 0, inBlock);
    inBlock = 0;
  }

  private void flush() throws IOException {
    if (pendingBits > 0) put((byte) pending);
    if (inBlock > 0) writeBlock();
    out.write(0);
  }
}
