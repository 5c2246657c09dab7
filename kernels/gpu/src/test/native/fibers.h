// Threads of a GPU on a CPU. A block's threads are fibers on one thread of the system, resumed in one of several orders; a thread that
// never waits costs a function call. Shared memory is filled with NaN before a block begins. Warps, or simdgroups, have 32 lanes.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
};

namespace emu {

struct Copy {
  void *to;
  unsigned char bytes[16];
  int group;
};

enum Wait { NONE, BLOCK, WARP };

struct Thread {
  Dim3 index;
  int number = 0;
  Wait wait = NONE;
  const void *site = nullptr;
  bool done = false, started = false;
  int groups = 0;
  std::vector<Copy> copies;
};

extern Thread *current;
extern Dim3 block_index, block_size, grid_size;

// A place in the sources where threads wait; it can be switched off to see whether anybody misses it.
struct Site {
  std::string name;
  bool off = false;
  long reached = 0;
  Site(const char *file, int line, const char *what);
};
Site &site(const char *file, int line, const char *what);

void block_barrier(Site &);
void warp_barrier();
void warp_barrier(Site &);
void *shared_memory(size_t bytes);
// 128 bytes for each lane of this thread's warp
unsigned char *exchange(int lane);
void failed(const char *format, ...);

struct Kernel {
  const char *name;
  size_t bytes;
  int threads;
  void (*run)(const void *args);
};
std::map<std::string, Kernel> &kernels();
struct Registration {
  Registration(const char *name, size_t bytes, int threads, void (*run)(const void *)) { kernels()[name] = {name, bytes, threads, run}; }
};
}  // namespace emu

// What a lane of this thread's warp has as `value`.
template <class T> static inline T warp_read(T value, int lane) {
  int own = emu::current->number % 32;
  memcpy(emu::exchange(own), &value, sizeof value);
  emu::warp_barrier();
  T other;
  memcpy(&other, emu::exchange(lane), sizeof other);
  emu::warp_barrier();
  return other;
}

// The place where it stands, by file and line.
#define SITE(what) \
  ([]() -> emu::Site & { \
    static emu::Site &here = emu::site(__FILE__, __LINE__, what); \
    return here; \
  }())
