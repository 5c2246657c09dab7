/* Queues, command buffers and encoders of the stand-in. */
@class StandInQueue;

typedef struct Dispatch {
  StandInPipeline *pipeline;
  struct MslBytes set[MSL_BUFFERS];
  size_t groups[3], threads;
  struct Dispatch *next;
} Dispatch;

static double now = 1, dispatch_seconds = 1e-5;

@interface StandInCommandBuffer : NSObject <MTLCommandBuffer> {
@public
  StandInQueue *queue;
  StandInCommandBuffer *next;
  MTLCommandBufferStatus status;
  BOOL encoding;
  Dispatch *first, **last;
  id *resident;
  size_t resident_count;
  double begin, end;
  NSError *error;
}
@end

@interface StandInQueue : NSObject <MTLCommandQueue> {
@public
  StandInCommandBuffer *committed;
  int outstanding;
}
@end

@interface StandInEncoder : NSObject <MTLComputeCommandEncoder> {
@public
  StandInCommandBuffer *buffer;
  StandInPipeline *pipeline;
  struct MslBytes set[BINDINGS];
  BOOL ended;
}
@end

@implementation StandInEncoder
- (BOOL)open:(const char *)what {
  if (ended) complain("%s: after endEncoding", what);
  return !ended;
}
- (void)setComputePipelineState:(id<MTLComputePipelineState>)state {
  if ([self open:"setComputePipelineState:"] && is(state, [StandInPipeline class], "setComputePipelineState:")) {
    [pipeline release];
    pipeline = [(StandInPipeline *)state retain];
  }
}
- (void)setBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index {
  if (![self open:"setBytes:length:atIndex:"]) return;
  if (bytes == NULL || length == 0 || length > MOST_BYTES_SET || index >= BINDINGS) {
    complain("setBytes:length:atIndex: %lu bytes at index %lu", length, index);
    return;
  }
  free((void *)set[index].bytes);
  set[index].bytes = memcpy(malloc(length), bytes, length);
  set[index].size = length;
}
- (void)useResources:(const id<MTLResource> *)resources count:(NSUInteger)count usage:(MTLResourceUsage)usage {
  if (![self open:"useResources:count:usage:"]) return;
  if (resources == NULL || count == 0 || count > 1000000 || usage == 0 || usage > (MTLResourceUsageRead | MTLResourceUsageWrite)) {
    complain("useResources:count:usage: %lu resources for use %lu", count, usage);
    return;
  }
  buffer->resident = realloc(buffer->resident, (buffer->resident_count + count) * sizeof(id));
  for (NSUInteger i = 0; i < count; i++) {
    if (is((id)resources[i], [StandInBuffer class], "useResources:count:usage:")) buffer->resident[buffer->resident_count++] = [(id)resources[i] retain];
  }
}
/* Whether what a dispatch is given can be used by the device: pointers among the arguments lead into buffers that were made resident. */
- (BOOL)reaches:(const struct MslBytes *)arguments {
  for (size_t i = 0; i + 8 <= arguments->size && i < 512; i += 8) {
    uint64_t word;
    memcpy(&word, (const char *)arguments->bytes + i, 8);
    StandInBuffer *at = buffer_at(word);
    if (at == nil && (is_gone(word) || is_of_host(word))) {
      complain("dispatchThreadgroups:threadsPerThreadgroup: argument at %zu points to %s", i, is_gone(word) ? "a released buffer" : "memory of the host");
      return NO;
    }
    BOOL resident = at == nil;
    for (size_t k = 0; k < buffer->resident_count && !resident; k++) resident = buffer->resident[k] == at;
    if (!resident) {
      complain("dispatchThreadgroups:threadsPerThreadgroup: argument at %zu points to a buffer that is not resident", i);
      return NO;
    }
  }
  return YES;
}
- (void)dispatchThreadgroups:(MTLSize)groups threadsPerThreadgroup:(MTLSize)threads {
  const char *name = "dispatchThreadgroups:threadsPerThreadgroup:";
  if (![self open:name]) return;
  if (pipeline == nil) {
    complain("%s: no pipeline", name);
    return;
  }
  NSUInteger most = 0xffffffff, count = threads.width * threads.height * threads.depth;
  if (groups.width == 0 || groups.height == 0 || groups.depth == 0 || groups.width > most || groups.height > most || groups.depth > most ||
      threads.width > most || threads.height > most || threads.depth > most || count == 0 || count > [pipeline maxTotalThreadsPerThreadgroup]) {
    complain("%s: %lu x %lu x %lu of %lu x %lu x %lu", name, groups.width, groups.height, groups.depth, threads.width, threads.height, threads.depth);
    return;
  }
  const void *kernel = pipeline->function->kernel;
  for (int i = 0; i < MSL_BUFFERS; i++) {
    if (msl_buffer_bytes(kernel, i) <= set[i].size) continue;
    complain("%s: %zu bytes at index %d; %s reads %zu", name, set[i].size, i, [[pipeline->function name] UTF8String], msl_buffer_bytes(kernel, i));
    return;
  }
  if (![self reaches:&set[0]]) return;
  Dispatch *dispatch = calloc(1, sizeof *dispatch);
  dispatch->pipeline = [pipeline retain];
  for (int i = 0; i < MSL_BUFFERS; i++) {
    if (set[i].size == 0) continue;
    dispatch->set[i].bytes = memcpy(malloc(set[i].size), set[i].bytes, set[i].size);
    dispatch->set[i].size = set[i].size;
  }
  dispatch->groups[0] = groups.width;
  dispatch->groups[1] = groups.height;
  dispatch->groups[2] = groups.depth;
  dispatch->threads = count;
  *buffer->last = dispatch;
  buffer->last = &dispatch->next;
}
- (void)endEncoding {
  if (![self open:"endEncoding"]) return;
  ended = YES;
  buffer->encoding = NO;
}
- (void)dealloc {
  if (!ended) complain("an encoder was released before endEncoding");
  for (int i = 0; i < BINDINGS; i++) free((void *)set[i].bytes);
  [pipeline release];
  [buffer release];
  [super dealloc];
}
@end

@implementation StandInCommandBuffer
- (id<MTLComputeCommandEncoder>)computeCommandEncoder {
  if (encoding || status != MTLCommandBufferStatusNotEnqueued) {
    complain("computeCommandEncoder: %s", encoding ? "another encoder is not ended" : "the command buffer is committed");
    return nil;
  }
  StandInEncoder *encoder = [StandInEncoder new];
  encoder->buffer = [self retain];
  encoding = YES;
  return [(id)encoder autorelease];
}
- (void)commit {
  if (encoding || status != MTLCommandBufferStatusNotEnqueued) {
    complain("commit: %s", encoding ? "an encoder is not ended" : "a second time");
    return;
  }
  status = MTLCommandBufferStatusCommitted;
  StandInCommandBuffer **at = &queue->committed;
  while (*at) at = &(*at)->next;
  *at = [self retain];
}
- (void)run {
  begin = now;
  for (Dispatch *d = first; d && error == nil; d = d->next) {
    now += dispatch_seconds;
    const char *problem = msl_run(d->pipeline->function->kernel, d->set, d->groups, d->threads);
    if (problem == NULL) continue;
    error = [error_of(problem) retain];
  }
  for (size_t i = 0; i < resident_count; i++) [resident[i] check];
  end = now;
  status = error ? MTLCommandBufferStatusError : MTLCommandBufferStatusCompleted;
}
- (void)waitUntilCompleted {
  if (status < MTLCommandBufferStatusCommitted) {
    complain("waitUntilCompleted: not committed");
    return;
  }
  void *pool = objc_autoreleasePoolPush();
  while (status < MTLCommandBufferStatusCompleted) {
    StandInCommandBuffer *head = queue->committed;
    queue->committed = head->next;
    [head run];
    [head release];
  }
  objc_autoreleasePoolPop(pool);
}
- (MTLCommandBufferStatus)status { return status; }
- (NSError *)error { return error; }
- (CFTimeInterval)GPUStartTime { return begin; }
- (CFTimeInterval)GPUEndTime { return end; }
- (void)dealloc {
  for (Dispatch *d = first, *after; d; d = after) {
    after = d->next;
    for (int i = 0; i < MSL_BUFFERS; i++) free((void *)d->set[i].bytes);
    [d->pipeline release];
    free(d);
  }
  for (size_t i = 0; i < resident_count; i++) [resident[i] release];
  free(resident);
  queue->outstanding--;
  [queue release];
  [error release];
  [super dealloc];
}
@end

@implementation StandInQueue
- (id<MTLCommandBuffer>)commandBuffer {
  if (outstanding >= 64) {
    complain("commandBuffer: 64 are not done yet; a further one would never come");
    return nil;
  }
  StandInCommandBuffer *buffer = [StandInCommandBuffer new];
  buffer->queue = [self retain];
  buffer->last = &buffer->first;
  outstanding++;
  return [(id)buffer autorelease];
}
@end
