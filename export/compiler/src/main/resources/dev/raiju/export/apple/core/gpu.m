/* The device, its kernels, and the weights as pages of their file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"

enum { MOST_SOURCE_BYTES = 1 << 22 };
static const NSUInteger LANES = 32, SHARED_BYTES = 32768;

bool said(Failure *failure, const char *what, NSError *error) {
  const char *why = error == nil ? NULL : [[error localizedDescription] UTF8String];
  return fail(failure, "metal: %s: %s", what, why == NULL ? "no reason is given" : why);
}

/* ---- weights ---- */

/* The file's pages at a place that a buffer can begin at; the system's own pages may be smaller. */
static char *map_pages(int file, uint64_t bytes) {
  char *reserved = mmap(NULL, bytes + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (reserved == MAP_FAILED) return NULL;
  uint64_t before = (PAGE - (uint64_t)(uintptr_t)reserved % PAGE) % PAGE;
  char *at = mmap(reserved + before, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
  if (before > 0) munmap(reserved, before);
  munmap(reserved + before + bytes, PAGE - before);
  return at == MAP_FAILED ? NULL : at;
}

static bool map_weights(Gpu *gpu, Failure *failure, uint64_t bytes) {
  char path[PATH_BYTES];
  if (bytes == 0) return true;
  if (bytes % PAGE != 0) return fail(failure, "weights.bin: %llu bytes; needs whole pages", (unsigned long long)bytes);
  if (!path_of(path, failure, gpu->folder, "weights.bin")) return false;
  int file = open(path, O_RDONLY);
  if (file < 0) return fail(failure, "weights.bin: cannot be opened");
  gpu->weights = map_pages(file, bytes);
  gpu->weight_bytes = bytes;
  close(file);
  return gpu->weights != NULL || fail(failure, "weights.bin: cannot be mapped");
}

/* ---- the device and its kernels ---- */

static bool check_device(Gpu *gpu, Failure *failure) {
  id<MTLDevice> device = AS(id<MTLDevice>, gpu->device);
  if (![device supportsFamily:MTLGPUFamilyApple7] || ![device supportsFamily:MTLGPUFamilyMetal3])
    return fail(failure, "metal: %s is too old; needs an A14, M1 or newer with iOS 16 or macOS 13", [[device name] UTF8String]);
  if (![device hasUnifiedMemory]) return fail(failure, "metal: %s has memory of its own", [[device name] UTF8String]);
  if ([device maxThreadgroupMemoryLength] < SHARED_BYTES) return fail(failure, "metal: %s shares less than 32 KiB", [[device name] UTF8String]);
  gpu->most_buffer_bytes = [device maxBufferLength];
  gpu->working_set = [device recommendedMaxWorkingSetSize];
  return true;
}

Gpu *gpu_open(Failure *failure, const char *folder, uint64_t weight_bytes) {
  Gpu *gpu = calloc(1, sizeof *gpu);
  if (gpu == NULL || strlen(folder) >= sizeof gpu->folder) {
    fail(failure, "metal: no memory, or a path that is too long");
    free(gpu);
    return NULL;
  }
  strcpy(gpu->folder, folder);
  bool usable = false;
  @autoreleasepool {
    id<MTLDevice> device = MTLCreateSystemDefaultDevice();
    if (device == nil) {
      fail(failure, "metal: there is no device");
    } else {
      gpu->device = OWNED(device);
      gpu->queue = OWNED([AS(id<MTLDevice>, gpu->device) newCommandQueue]);
      usable = check_device(gpu, failure) && map_weights(gpu, failure, weight_bytes);
    }
  }
  if (usable) return gpu;
  gpu_close(gpu);
  return NULL;
}

void gpu_close(Gpu *gpu) {
  for (size_t i = 0; i < gpu->kernel_count; i++) LET_GO(gpu->kernels[i].pipeline);
  for (size_t i = 0; i < gpu->file_count; i++) LET_GO(gpu->files[i].library);
  if (gpu->queue != NULL) LET_GO(gpu->queue);
  if (gpu->device != NULL) LET_GO(gpu->device);
  if (gpu->weights != NULL) munmap(gpu->weights, gpu->weight_bytes);
  free(gpu);
}

/* A file's text behind what all share, with the names of both for the compiler's messages. */
static char *source_of(const Gpu *gpu, const char *name, Arena *arena, Failure *failure) {
  size_t common_bytes = 0, bytes = 0, length = strlen(name);
  if (length == 0 || length > 60 || strspn(name, "abcdefghijklmnopqrstuvwxyz_") != length) {
    fail(failure, "metal: %s is no file of kernels", name);
    return NULL;
  }
  char file[80];
  snprintf(file, sizeof file, "%s.msl", name);
  char *common = read_file(arena, failure, gpu->folder, "device.msl", MOST_SOURCE_BYTES, &common_bytes);
  char *own = common == NULL ? NULL : read_file(arena, failure, gpu->folder, file, MOST_SOURCE_BYTES, &bytes);
  char *all = own == NULL ? NULL : arena_take(arena, failure, common_bytes + bytes + 200, 1);
  if (all != NULL) snprintf(all, common_bytes + bytes + 200, "#line 1 \"device.metal\"\n%s#line 1 \"%s.metal\"\n%s", common, name, own);
  return all;
}

static bool compile(Gpu *gpu, const char *name, Failure *failure) {
  if (gpu->file_count == MOST_FILES) return fail(failure, "metal: more than %d files of kernels", MOST_FILES);
  Arena arena = {NULL};
  const char *source = source_of(gpu, name, &arena, failure);
  if (source != NULL) {
    MTLCompileOptions *options = [MTLCompileOptions new];
    // with it, results would not be those of other devices
    [options setFastMathEnabled:NO];
    [options setLanguageVersion:MTLLanguageVersion3_0];
    NSError *error = nil;
    id<MTLLibrary> library = [AS(id<MTLDevice>, gpu->device) newLibraryWithSource:[NSString stringWithUTF8String:source] options:options error:&error];
    if (library == nil) {
      said(failure, name, error);
    } else {
      gpu->files[gpu->file_count].name = name;
      gpu->files[gpu->file_count++].library = OWNED(library);
    }
    END(options);
  }
  arena_free(&arena);
  return failure->line[0] == 0;
}

static void *library_of(Gpu *gpu, const char *name, Failure *failure) {
  for (size_t i = 0; i < gpu->file_count; i++)
    if (strcmp(gpu->files[i].name, name) == 0) return gpu->files[i].library;
  return compile(gpu, name, failure) ? gpu->files[gpu->file_count - 1].library : NULL;
}

Kernel *kernel_of(Gpu *gpu, const Launch *launch) {
  for (size_t i = 0; i < gpu->kernel_count; i++)
    if (strcmp(gpu->kernels[i].name, launch->kernel) == 0 && strcmp(gpu->kernels[i].file, launch->file) == 0) return &gpu->kernels[i];
  return NULL;
}

static bool add_kernel(Gpu *gpu, const Launch *launch, Failure *failure) {
  if (gpu->kernel_count == MOST_KERNELS) return fail(failure, "metal: more than %d kernels", MOST_KERNELS);
  void *library = library_of(gpu, launch->file, failure);
  if (library == NULL) return false;
  id<MTLFunction> function = [AS(id<MTLLibrary>, library) newFunctionWithName:[NSString stringWithUTF8String:launch->kernel]];
  if (function == nil) return fail(failure, "metal: no kernel %s in %s", launch->kernel, launch->file);
  NSError *error = nil;
  id<MTLComputePipelineState> pipeline = [AS(id<MTLDevice>, gpu->device) newComputePipelineStateWithFunction:function error:&error];
  END(function);
  if (pipeline == nil) return said(failure, launch->kernel, error);
  Kernel *kernel = &gpu->kernels[gpu->kernel_count++];
  *kernel = (Kernel){launch->file, launch->kernel, OWNED(pipeline), [pipeline maxTotalThreadsPerThreadgroup]};
  return [AS(id<MTLComputePipelineState>, kernel->pipeline) threadExecutionWidth] == LANES || fail(failure, "metal: %s: its simdgroups have not 32 lanes", launch->kernel);
}

bool gpu_compile(Gpu *gpu, const Plan *plan, Failure *failure) {
  bool compiled = true;
  @autoreleasepool {
    for (size_t i = 0; compiled && i < plan->launch_count; i++) {
      const Launch *launch = &plan->launches[i];
      compiled = kernel_of(gpu, launch) != NULL || add_kernel(gpu, launch, failure);
      if (compiled && kernel_of(gpu, launch)->most_threads < launch->threads)
        compiled = fail(failure, "metal: %s: threadgroups of %llu; this device has %lu", launch->kernel, (unsigned long long)launch->threads,
                        (unsigned long)kernel_of(gpu, launch)->most_threads);
    }
  }
  return compiled;
}
