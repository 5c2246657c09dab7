/* The device as the files of this folder that talk to Metal see it. Written so that it is right with automatic reference counting and
   without: objects that outlive a function are held as plain pointers that own them. */
#ifndef RAIJU_DEVICE_H
#define RAIJU_DEVICE_H

#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include "gpu.h"

#if __has_feature(objc_arc)
#define OWNED(object) ((__bridge_retained void *)(object))
#define AS(type, pointer) ((__bridge type)(pointer))
#define LET_GO(pointer) ((void)(__bridge_transfer id)(pointer))
#define END(object) ((void)(object))
#else
#define OWNED(object) ((void *)(object))
#define AS(type, pointer) ((type)(pointer))
#define LET_GO(pointer) [(id)(pointer) release]
#define END(object) [(id)(object) release]
#endif

enum { MOST_KERNELS = 256, MOST_FILES = 64 };
// what mapped buffers are made of on every Apple GPU
static const uint64_t PAGE = 16384;

typedef struct {
  const char *file, *name;
  void *pipeline;
  NSUInteger most_threads;
} Kernel;

struct Gpu {
  void *device, *queue;
  uint64_t most_buffer_bytes, working_set;
  char folder[PATH_BYTES];
  char *weights;
  uint64_t weight_bytes;
  struct {
    const char *name;
    void *library;
  } files[MOST_FILES];
  Kernel kernels[MOST_KERNELS];
  size_t file_count, kernel_count;
};

/* Notes what Metal says of a failure; gives false. */
bool said(Failure *failure, const char *what, NSError *error);

/* The kernel of a launch, or NULL if it was not compiled. */
Kernel *kernel_of(Gpu *gpu, const Launch *launch);

#endif
