/* A plan with memory: its launches as command buffers. */
#include <stdlib.h>
#include <string.h>

#include "device.h"

enum { MOST_ARGUMENTS = 4096 };
// threadgroups of one dispatch: so many of the slowest kernel take some tenths of a second on the smallest GPU, by its arithmetic
static const uint64_t MOST_GROUPS = 1 << 14;

/* Pages of the weights as one buffer. */
typedef struct {
  void *buffer;
  uint64_t begin, end;
} Piece;

struct Replay {
  Gpu *gpu;
  const Plan *plan;
  // the plan's memory, and behind it what kernels take for themselves
  void *block;
  uint64_t scratch;
  // where kernels find each value
  uint64_t *addresses;
  Piece *pieces;
  size_t piece_count;
};

static int by_offset(const void *a, const void *b) {
  const Value *x = *(const Value *const *)a, *y = *(const Value *const *)b;
  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool add_piece(Replay *replay, uint64_t begin, uint64_t end, Failure *failure) {
  Gpu *gpu = replay->gpu;
  if (end - begin > gpu->most_buffer_bytes)
    return fail(failure, "metal: a weight of %llu bytes; this device gives at most %llu in one piece", (unsigned long long)(end - begin),
                (unsigned long long)gpu->most_buffer_bytes);
  id<MTLBuffer> buffer = [AS(id<MTLDevice>, gpu->device) newBufferWithBytesNoCopy:gpu->weights + begin
                                                                           length:end - begin
                                                                          options:MTLResourceStorageModeShared
                                                                      deallocator:NULL];
  if (buffer == nil) return fail(failure, "metal: %llu bytes of weights cannot be mapped", (unsigned long long)(end - begin));
  replay->pieces[replay->piece_count++] = (Piece){OWNED(buffer), begin, end};
  return true;
}

/* Buffers over the pages of all weights, cut between weights where one would be too long. */
static bool add_pieces(Replay *replay, const Value **weights, size_t count, Failure *failure) {
  qsort(weights, count, sizeof *weights, by_offset);
  uint64_t begin = 0, end = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t from = (uint64_t)weights[i]->offset / PAGE * PAGE, to = ((uint64_t)weights[i]->offset + weights[i]->bytes + PAGE - 1) / PAGE * PAGE;
    if (i > 0 && to - begin > replay->gpu->most_buffer_bytes) {
      if (!add_piece(replay, begin, end, failure)) return false;
      begin = from;
    } else if (i == 0) {
      begin = from;
    }
    end = to;
  }
  return count == 0 || add_piece(replay, begin, end, failure);
}

static void place_weights(Replay *replay) {
  for (size_t v = 0; v < replay->plan->value_count; v++) {
    const Value *value = &replay->plan->values[v];
    for (size_t i = 0; value->kind == WEIGHT && i < replay->piece_count; i++) {
      const Piece *piece = &replay->pieces[i];
      uint64_t offset = (uint64_t)value->offset;
      if (offset >= piece->begin && offset + value->bytes <= piece->end) replay->addresses[v] = [AS(id<MTLBuffer>, piece->buffer) gpuAddress] + offset - piece->begin;
    }
  }
}

static bool bind_weights(Replay *replay, Failure *failure) {
  const Plan *plan = replay->plan;
  const Value **weights = calloc(plan->value_count + 1, sizeof *weights);
  replay->pieces = calloc(plan->value_count + 1, sizeof *replay->pieces);
  if (weights == NULL || replay->pieces == NULL) {
    free(weights);
    return fail(failure, "metal: not enough memory");
  }
  size_t count = 0;
  for (size_t v = 0; v < plan->value_count; v++)
    if (plan->values[v].kind == WEIGHT && plan->values[v].bytes > 0) weights[count++] = &plan->values[v];
  bool bound = add_pieces(replay, weights, count, failure);
  free(weights);
  if (bound) place_weights(replay);
  return bound;
}

/* Beyond what the system keeps in memory at once it would page, or end the process. */
static bool check_size(const Replay *replay, uint64_t block, Failure *failure) {
  uint64_t all = block;
  for (size_t i = 0; i < replay->piece_count; i++) all += replay->pieces[i].end - replay->pieces[i].begin;
  if (block > replay->gpu->most_buffer_bytes)
    return fail(failure, "metal: plan %s: a block of %llu bytes; this device gives at most %llu in one piece", replay->plan->name,
                (unsigned long long)block, (unsigned long long)replay->gpu->most_buffer_bytes);
  return all <= replay->gpu->working_set || fail(failure, "metal: plan %s: %llu bytes; this device keeps %llu at once", replay->plan->name,
                                                 (unsigned long long)all, (unsigned long long)replay->gpu->working_set);
}

static bool take_block(Replay *replay, Failure *failure) {
  const Plan *plan = replay->plan;
  // kernels that move pieces ask for multiples of 16, the pool of other hosts gives 256
  replay->scratch = (plan->memory + 255) / 256 * 256;
  uint64_t bytes = replay->scratch + plan->scratch + 256;
  if (!check_size(replay, bytes, failure)) return false;
  id<MTLBuffer> block = [AS(id<MTLDevice>, replay->gpu->device) newBufferWithLength:bytes options:MTLResourceStorageModeShared];
  if (block == nil) return fail(failure, "metal: there are no %llu bytes", (unsigned long long)bytes);
  replay->block = OWNED(block);
  uint64_t address = [AS(id<MTLBuffer>, replay->block) gpuAddress];
  for (size_t v = 0; v < plan->value_count; v++)
    if (plan->values[v].kind != WEIGHT && plan->values[v].offset >= 0) replay->addresses[v] = address + (uint64_t)plan->values[v].offset;
  replay->scratch += address;
  return true;
}

Replay *replay_open(Gpu *gpu, const Plan *plan, Failure *failure) {
  Replay *replay = calloc(1, sizeof *replay);
  if (replay == NULL || (replay->addresses = calloc(plan->value_count + 1, sizeof *replay->addresses)) == NULL) {
    fail(failure, "metal: not enough memory");
    free(replay);
    return NULL;
  }
  replay->gpu = gpu;
  replay->plan = plan;
  bool open = false;
  @autoreleasepool {
    open = gpu_compile(gpu, plan, failure) && bind_weights(replay, failure) && take_block(replay, failure);
  }
  if (open) return replay;
  replay_close(replay);
  return NULL;
}

void replay_close(Replay *replay) {
  for (size_t i = 0; i < replay->piece_count; i++) LET_GO(replay->pieces[i].buffer);
  if (replay->block != NULL) LET_GO(replay->block);
  free(replay->pieces);
  free(replay->addresses);
  free(replay);
}

static char *contents_of(const Replay *replay, int32_t value) {
  return (char *)[AS(id<MTLBuffer>, replay->block) contents] + replay->plan->values[value].offset;
}

void replay_give(Replay *replay, const char *input, const void *elements) {
  const Port *port = port_of(replay->plan->inputs, replay->plan->input_count, input);
  // what nothing looks at has no place
  if (port == NULL || replay->plan->values[port->value].offset < 0) return;
  memcpy(contents_of(replay, port->value), elements, port->elements * (uint64_t)port->element_bytes);
}

void replay_take(const Replay *replay, const char *output, void *elements) {
  const Port *port = port_of(replay->plan->outputs, replay->plan->output_count, output);
  if (port == NULL) return;
  const char *from = contents_of(replay, port->value);
  char *to = elements;
  size_t size = (size_t)port->element_bytes;
  int64_t index[MOST_AXES] = {0}, at = port->from;
  for (uint64_t i = 0; i < port->elements; i++) {
    memcpy(to + i * size, from + (size_t)at * size, size);
    for (int axis = port->rank - 1; axis >= 0; axis--) {
      at += port->strides[axis];
      if (++index[axis] < port->sizes[axis]) break;
      at -= port->strides[axis] * port->sizes[axis];
      index[axis] = 0;
    }
  }
}

/* ---- a run ---- */

static void make_resident(const Replay *replay, id<MTLComputeCommandEncoder> encoder) {
  id<MTLResource> block = AS(id<MTLBuffer>, replay->block);
  [encoder useResources:&block count:1 usage:MTLResourceUsageRead | MTLResourceUsageWrite];
  for (size_t i = 0; i < replay->piece_count; i++) {
    id<MTLResource> weights = AS(id<MTLBuffer>, replay->pieces[i].buffer);
    [encoder useResources:&weights count:1 usage:MTLResourceUsageRead];
  }
}

/* A launch as so many dispatches that none takes long. */
static void record(const Replay *replay, id<MTLComputeCommandEncoder> encoder, const Launch *launch) {
  uint64_t words[MOST_ARGUMENTS / 8];
  memcpy(words, launch->arguments, launch->bytes);
  for (size_t i = 0; i < launch->address_count; i++) {
    const Address *address = &launch->addresses[i];
    words[address->at / 8] = (address->value == SCRATCH ? replay->scratch : replay->addresses[address->value]) + address->offset;
  }
  [encoder setComputePipelineState:AS(id<MTLComputePipelineState>, kernel_of(replay->gpu, launch)->pipeline)];
  [encoder setBytes:words length:launch->bytes atIndex:0];
  uint64_t across = launch->groups[1] * launch->groups[2], each = across < MOST_GROUPS ? MOST_GROUPS / across : 1;
  for (uint64_t first = 0; first < launch->groups[0]; first += each) {
    uint64_t rest = launch->groups[0] - first;
    uint32_t part[2] = {(uint32_t)first, (uint32_t)launch->groups[0]};
    MTLSize groups = {rest < each ? rest : each, launch->groups[1], launch->groups[2]}, threads = {launch->threads, 1, 1};
    [encoder setBytes:part length:sizeof part atIndex:1];
    [encoder dispatchThreadgroups:groups threadsPerThreadgroup:threads];
  }
}

/* Commits launches from `at` up to one that ends a command buffer, and waits for them; gives the place behind. */
static size_t submit(const Replay *replay, size_t at, Failure *failure) {
  id<MTLCommandBuffer> commands = [AS(id<MTLCommandQueue>, replay->gpu->queue) commandBuffer];
  id<MTLComputeCommandEncoder> encoder = [commands computeCommandEncoder];
  if (encoder == nil) {
    fail(failure, "metal: the device takes no more commands");
    return at;
  }
  make_resident(replay, encoder);
  const Plan *plan = replay->plan;
  for (bool ends = false; at < plan->launch_count && !ends; at++) {
    record(replay, encoder, &plan->launches[at]);
    ends = plan->launches[at].ends;
  }
  [encoder endEncoding];
  [commands commit];
  [commands waitUntilCompleted];
  if ([commands status] != MTLCommandBufferStatusCompleted) said(failure, plan->name, [commands error]);
  return at;
}

bool replay_run(Replay *replay, Failure *failure) {
  for (size_t at = 0; at < replay->plan->launch_count && failure->line[0] == 0;) {
    @autoreleasepool {
      at = submit(replay, at, failure);
    }
  }
  return failure->line[0] == 0;
}
