// Everything in one: the kernels as they are, each file in a namespace of its own, the emulation and the driver.
#include "device.cuh"
#include "fibers.cpp"
#include "driver.cpp"
namespace formula_file {
#include "formula.cu"
}
namespace moves_file {
#include "moves.cu"
}
namespace reductions_file {
#include "reductions.cu"
}
namespace indices_file {
#include "indices.cu"
}
namespace blocks_file {
#include "blocks.cu"
}
namespace products_file {
#include "products.cu"
}
#undef DEPTH
namespace linear_file {
#include "linear.cu"
}
namespace norms_file {
#include "norms.cu"
}
namespace softmax_file {
#include "softmax.cu"
}
namespace rope_file {
#include "rope.cu"
}
namespace updates_file {
#include "updates.cu"
}
namespace attention_file {
#include "attention.cu"
}
#undef QUERIES
#undef KEYS
#undef WARPS
namespace narrow_attention_file {
#include "narrow_attention.cu"
}
#undef QUERIES
#undef KEYS
#undef WARPS
#undef COLUMNS
#undef WIDEST
namespace narrow_attention_backward_file {
#include "narrow_attention_backward.cu"
}
#undef WARPS
#undef ROWS
#undef COLUMNS
namespace attention_backward_file {
#include "attention_backward.cu"
}
