/* Kernels compiled from the text of a library, for the stand-in's classes, which are written in Objective-C. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
enum { MSL_BUFFERS = 4 };
struct MslBytes {
  const void *bytes;
  size_t size;
};
/* A library, or null and what the compiler says. */
void *msl_compile(const char *text, char *error, size_t error_bytes);
/* A kernel of a library, or null. */
const void *msl_kernel(void *library, const char *name);
int msl_most_threads(const void *kernel);
size_t msl_shared_bytes(const void *kernel);
/* How many bytes the kernel reads at an index, 0 if nothing. */
size_t msl_buffer_bytes(const void *kernel, int index);
/* Runs a dispatch; gives what went wrong, or null. */
const char *msl_run(const void *kernel, const struct MslBytes *buffers, const size_t groups[3], size_t threads);

/* Which addresses are objects that can be sent a message. */
void registry_add(const void *object);
void registry_remove(const void *object);
bool registry_has(const void *object);
void registry_clear(void);

/* Notes a mistake of the host. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
#ifdef __cplusplus
}
#endif
