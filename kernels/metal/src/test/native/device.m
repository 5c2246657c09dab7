/* The device of the stand-in, and all its classes in one. */
#include "metal.m"
#include "commands.m"

static NSUInteger most_bytes = 1ul << 32, working_set = 1ul << 33;
static MTLGPUFamily families[] = {MTLGPUFamilyApple7, MTLGPUFamilyApple8, MTLGPUFamilyMac2, MTLGPUFamilyMetal3};
static size_t family_count = 4;

@interface StandInDevice : NSObject <MTLDevice>
@end

@implementation StandInDevice
- (NSString *)name { return [NSString stringWithUTF8String:"stand-in"]; }
- (BOOL)hasUnifiedMemory { return YES; }
- (NSUInteger)maxBufferLength { return most_bytes; }
- (uint64_t)recommendedMaxWorkingSetSize { return working_set; }
- (NSUInteger)maxThreadgroupMemoryLength { return 32768; }
- (BOOL)supportsFamily:(MTLGPUFamily)family {
  if (family < 1001 || family > 5999) complain("supportsFamily: %ld is none", family);
  for (size_t i = 0; i < family_count; i++)
    if (families[i] == family) return YES;
  return NO;
}
- (id<MTLCommandQueue>)newCommandQueue { return (id)[StandInQueue new]; }
- (BOOL)allows:(MTLResourceOptions)options {
  if (options == MTLResourceStorageModeShared || options == MTLResourceCPUCacheModeWriteCombined) return YES;
  complain("a buffer with options %#lx", options);
  return NO;
}
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options {
  if (![self allows:options]) return nil;
  if (length == 0 || length > most_bytes) {
    complain("newBufferWithLength:options: %lu bytes; 1 to %lu are allowed", length, most_bytes);
    return nil;
  }
  NSUInteger held = 0;
  for (StandInBuffer *b = buffers; b; b = b->next) held += b->bytes;
  // a system without memory says so
  if (held + length > 2 * working_set) return nil;
  NSUInteger mapped = (length + GUARD_BYTES + PAGE - 1) / PAGE * PAGE;
  int file = memfd_create("buffer", 0);
  if (ftruncate(file, (off_t)mapped) != 0) return nil;
  char *host = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), *gpu = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  // where a whole buffer would take the machine's memory, only its beginning and end are poisoned
  memset(host, POISON, length < 1ul << 26 ? length : 1ul << 20);
  memset(host + length, POISON, mapped - length);
  return (id)buffer_of(host, gpu, length, mapped);
}
- (id<MTLBuffer>)newBufferWithBytesNoCopy:(void *)pointer
                                   length:(NSUInteger)length
                                  options:(MTLResourceOptions)options
                              deallocator:(void (*)(void *pointer, NSUInteger length))deallocator {
  if (![self allows:options]) return nil;
  if (pointer == NULL || (uint64_t)pointer % PAGE != 0 || length == 0 || length % PAGE != 0 || length > most_bytes || deallocator != NULL) {
    complain("newBufferWithBytesNoCopy:length:options:deallocator: %lu bytes at %p", length, pointer);
    return nil;
  }
  return (id)buffer_of(pointer, pointer, length, 0);
}
- (id<MTLLibrary>)newLibraryWithSource:(NSString *)source options:(MTLCompileOptions *)options error:(NSError **)error {
  if (!is(source, [NSString class], "newLibraryWithSource:options:error:")) return nil;
  if (!is(options, [MTLCompileOptions class], "newLibraryWithSource:options:error:")) return nil;
  // what the emulation computes is what the language says without it
  if (options->fast) complain("newLibraryWithSource:options:error: with fast mathematics");
  if (options->version != MTLLanguageVersion3_0) complain("newLibraryWithSource:options:error: of another language");
  if (error == NULL) complain("newLibraryWithSource:options:error: without a place for the error");
  char why[4096] = "";
  void *compiled = msl_compile([source UTF8String], why, sizeof why);
  if (compiled == NULL) {
    if (error) *error = error_of(why);
    return nil;
  }
  StandInLibrary *library = [StandInLibrary new];
  library->compiled = compiled;
  return (id)library;
}
- (id<MTLComputePipelineState>)newComputePipelineStateWithFunction:(id<MTLFunction>)function error:(NSError **)error {
  if (!is((id)function, [StandInFunction class], "newComputePipelineStateWithFunction:error:")) return nil;
  if (error == NULL) complain("newComputePipelineStateWithFunction:error: without a place for the error");
  size_t shared = msl_shared_bytes(((StandInFunction *)function)->kernel);
  if (shared > [self maxThreadgroupMemoryLength]) {
    char why[200];
    snprintf(why, sizeof why, "Threadgroup memory size (%zu) exceeds the maximum threadgroup memory allowed (%lu)", shared, [self maxThreadgroupMemoryLength]);
    if (error) *error = error_of(why);
    return nil;
  }
  StandInPipeline *pipeline = [StandInPipeline new];
  pipeline->function = [(StandInFunction *)function retain];
  return (id)pipeline;
}
@end

static BOOL absent;

id<MTLDevice> MTLCreateSystemDefaultDevice(void) { return absent ? nil : (id)[StandInDevice new]; }

/* What tests change about the device: its limits, the time that a dispatch takes, its families, whether there is one. */
void standInLimits(long buffer, long set) {
  most_bytes = (NSUInteger)buffer;
  working_set = (NSUInteger)set;
}
void standInDispatchMicros(long micros) { dispatch_seconds = (double)micros * 1e-6; }
void standInFamilies(long count) { family_count = (size_t)count; }
void standInAbsent(long is_absent) { absent = is_absent != 0; }

/* As if the process ended. */
void standInEnd(void) {
  for (StandInBuffer *b = buffers; b; b = b->next) {
    if (b->mapped == 0) continue;
    munmap(b->host, b->mapped);
    munmap(b->gpu, b->mapped);
  }
  buffers = nil;
  gone_count = 0;
  pending.count = pending.pools = 0;
  registry_clear();
}
