/* What all parts of the core use: one line for what went wrong, and memory that goes as a whole. */
#ifndef RAIJU_COMMON_H
#define RAIJU_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line; the first failure counts. */
typedef struct {
  char line[600];
} Failure;

/* Notes what went wrong; gives false, for `return fail(…)`. */
bool fail(Failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Blocks that are freed together. */
typedef struct Arena {
  struct ArenaBlock *blocks;
} Arena;

/* Zeroed memory for `count` things of `size` bytes, or NULL and a failure. */
void *arena_take(Arena *arena, Failure *failure, size_t count, size_t size);
void arena_free(Arena *arena);

/* The content of a file and a zero behind it, or NULL and a failure. */
char *read_file(Arena *arena, Failure *failure, const char *folder, const char *name, size_t most_bytes, size_t *bytes);

/* folder/name */
enum { PATH_BYTES = 4096 };
bool path_of(char path[PATH_BYTES], Failure *failure, const char *folder, const char *name);

#endif
