// How block types lie in memory: each group of neighbours is its scale, its bias and then its codes, lowest bits first;
// value = scale · code + bias.

int scale_bytes(int scale_type) { return scale_type == F32 ? 4 : 2; }
i64 block_bytes(int scale_type, int bits, int group) { return i64(2 * scale_bytes(scale_type) + group * bits / 8); }

// Element `i` of the block at an address: the factors and the term of its value.
vec3 parts_of(u64 block, int scale_type, int bits, int i) {
  u64 codes = block + u64(2 * scale_bytes(scale_type));
  uint code = bits == 8 ? byte_at(codes, i64(i)) : byte_at(codes, i64(i / 2)) >> i % 2 * 4 & 15u;
  return vec3(load_real(block, scale_type, 0l), float(code), load_real(block, scale_type, 1l));
}
