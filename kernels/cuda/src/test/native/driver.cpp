// A stand-in for libcuda.so.1: the functions of the CUDA driver API that the host uses, with signatures and rules from the
// driver's documentation. It checks what it is given, and runs the kernels on the CPU.
//
// Work on a stream is kept until somebody waits for it, so that a host that does not wait sees old values. Memory lies in one
// range of addresses; each allocation has guard bytes behind it, and is filled with ones when it is made and when it is freed.
#include "device.cuh"
#include "fibers_run.h"
#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <sys/mman.h>
#include <thread>

#define API extern "C" __attribute__((visibility("default"))) int
enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_DEVICE = 101, INVALID_CONTEXT = 201,
  INVALID_PTX = 218, INVALID_SOURCE = 300, INVALID_HANDLE = 400, ILLEGAL_STATE = 401, NOT_FOUND = 500, LAUNCH_FAILED = 719,
  CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901, CAPTURED_EVENT = 907, CAPTURE_WRONG_THREAD = 908 };

namespace {
constexpr u64 SPACE = 1ull << 36, GUARD = 256;
std::recursive_mutex lock;
bool initialized;
int retained;
unsigned char *base;
u64 top = 4096, memory_left = 8ull << 30;
struct Block {
  u64 bytes;
  bool live;
};
std::map<u64, Block> blocks;
std::map<u64, std::vector<u64>> free_blocks;
std::string last_problem;
int schedule, sticky;
long launches, checked_pointers, waits;
char context_object, pool_object;
thread_local void *current_context;

// Work and the memory that it touches.
struct Node {
  std::function<int()> work;
  std::vector<u64> pointers;
};
struct Graph {
  std::vector<Node> nodes;
};
struct Executable {
  std::vector<Node> nodes;
};
struct Stream {
  std::deque<std::function<int()>> work;
  // while it is captured: what was put on it, by whom, and whether something forbidden was tried
  Graph *capture = nullptr;
  std::thread::id capturer;
  bool invalidated = false;

  void put(std::function<int()> fn, std::vector<u64> pointers = {}) {
    if (capture) capture->nodes.push_back({fn, pointers});
    else work.push_back(fn);
  }
};
struct Event {
  Stream *stream = nullptr;
  bool recorded = false, done = false, captured = false;
  // how often: only the last time counts
  long times = 0;
};
struct Function {
  const emu::Kernel *kernel;
  size_t parameter_bytes;
  int shared_limit = 48 << 10;
};
struct Module {
  std::map<std::string, Function *> functions;
};
std::set<Stream *> streams;
std::set<Event *> events;
std::set<Module *> modules;
std::set<Graph *> graphs;
std::set<Executable *> executables;
std::set<Function *> functions;
std::map<u64, u64> pinned;

int problem(int code, const std::string &what) {
  last_problem = what;
  return code;
}
#define REQUIRE_CONTEXT \
  std::lock_guard<std::recursive_mutex> guard(lock); \
  if (!initialized) return problem(NOT_INITIALIZED, "cuInit was not called"); \
  if (current_context != &context_object || !retained) return problem(INVALID_CONTEXT, "no context is current in this thread"); \
  if (sticky) return sticky;

// What may not happen while this thread captures a stream: the capture is lost by it.
Stream *captured_here() {
  for (Stream *s : streams)
    if (s->capture && s->capturer == std::this_thread::get_id()) return s;
  return nullptr;
}
#define FORBIDDEN_IN_CAPTURE(name) \
  if (Stream *captured = captured_here()) { \
    captured->invalidated = true; \
    return problem(CAPTURE_UNSUPPORTED, name ": not while a stream is captured"); \
  }

bool guard_intact(u64 at, const Block &b) {
  for (u64 i = 0; i < GUARD; i++)
    if (base[at + b.bytes + i] != 0xA5) return false;
  return true;
}
bool is_live(u64 pointer, u64 bytes) {
  u64 at = pointer - (u64)base;
  auto after = blocks.upper_bound(at);
  if (after == blocks.begin()) return false;
  auto b = std::prev(after);
  return b->second.live && at + bytes <= b->first + b->second.bytes;
}
bool is_device(u64 pointer) { return pointer >= (u64)base && pointer < (u64)base + SPACE; }
int wait_for(Stream *s) {
  waits += !s->work.empty();
  while (!s->work.empty()) {
    auto next = s->work.front();
    s->work.pop_front();
    int code = next();
    if (code) {
      s->work.clear();
      return sticky = code;
    }
  }
  return OK;
}
// What the text of a module says of its entries: name and bytes of parameters.
bool entries(const char *ptx, std::map<std::string, size_t> &found) {
  if (!strstr(ptx, ".version") || !strstr(ptx, ".target")) return false;
  for (const char *at = ptx; (at = strstr(at, ".entry ")); at++) {
    const char *name = at + 7, *open = strchr(name, '('), *close = strchr(name, ')');
    if (!open || !close) return false;
    size_t bytes = 0;
    for (const char *p = open; (p = strstr(p, ".param")) && p < close; p++) {
      const char *size = strchr(p, '[');
      if (!size || size > close) return false;
      bytes += strtoul(size + 1, nullptr, 10);
    }
    found[std::string(name, open)] = bytes;
  }
  return !found.empty();
}
}  // namespace

API cuInit(unsigned flags) {
  if (flags) return problem(INVALID_VALUE, "cuInit: flags must be 0");
  if (!base) base = (unsigned char *)mmap(nullptr, SPACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  initialized = base != MAP_FAILED;
  return initialized ? OK : OUT_OF_MEMORY;
}
API cuDriverGetVersion(int *version) { return version ? (*version = 12060, OK) : INVALID_VALUE; }
API cuDeviceGetCount(int *count) { return initialized ? (*count = 1, OK) : NOT_INITIALIZED; }
API cuDeviceGet(int *device, int ordinal) { return ordinal ? INVALID_DEVICE : (*device = 7, OK); }
API cuDeviceGetName(char *name, int length, int device) {
  if (device != 7) return INVALID_DEVICE;
  snprintf(name, length, "stand-in");
  return OK;
}
API cuDeviceTotalMem_v2(size_t *bytes, int device) { return device == 7 ? (*bytes = 8ull << 30, OK) : INVALID_DEVICE; }
API cuDeviceGetAttribute(int *value, int attribute, int device) {
  if (device != 7) return INVALID_DEVICE;
  static const std::map<int, int> known = {{8, 48 << 10}, {10, 32}, {16, 4}, {75, 8}, {76, 0}, {97, 99 << 10}, {115, 1}};
  auto at = known.find(attribute);
  return at == known.end() ? problem(INVALID_VALUE, "cuDeviceGetAttribute: unexpected attribute") : (*value = at->second, OK);
}
API cuDevicePrimaryCtxRetain(void **context, int device) {
  if (!initialized) return NOT_INITIALIZED;
  if (device != 7) return INVALID_DEVICE;
  retained++;
  *context = &context_object;
  return OK;
}
API cuDevicePrimaryCtxRelease_v2(int device) { return device != 7 || !retained ? INVALID_CONTEXT : (retained--, OK); }
API cuCtxSetCurrent(void *context) {
  if (context && context != &context_object) return problem(INVALID_CONTEXT, "cuCtxSetCurrent: not a context");
  current_context = context;
  return OK;
}
API cuDeviceGetDefaultMemPool(void **pool, int device) { return device == 7 ? (*pool = &pool_object, OK) : INVALID_DEVICE; }
API cuMemPoolSetAttribute(void *pool, int attribute, void *value) {
  if (pool != &pool_object || attribute != 4 || !value) return problem(INVALID_VALUE, "cuMemPoolSetAttribute: not the pool, or not 4");
  return OK;
}
API cuMemPoolTrimTo(void *pool, size_t) { return pool == &pool_object ? OK : INVALID_VALUE; }
API cuMemGetInfo_v2(size_t *left, size_t *total) {
  REQUIRE_CONTEXT
  *left = memory_left;
  *total = 8ull << 30;
  return OK;
}

// A driver would make it part of the graph; this host plans its memory before.
API cuMemAllocAsync(u64 *pointer, size_t bytes, Stream *stream) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuMemAllocAsync")
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemAllocAsync: not a stream");
  if (!bytes) return problem(INVALID_VALUE, "cuMemAllocAsync: 0 bytes");
  if (bytes > memory_left) return OUT_OF_MEMORY;
  u64 at;
  auto &again = free_blocks[bytes];
  if (!again.empty()) {
    at = again.back();
    again.pop_back();
  } else {
    at = top;
    top = (top + bytes + GUARD + 511) & ~511ull;
    if (top > SPACE) return OUT_OF_MEMORY;
    memset(base + at + bytes, 0xA5, GUARD);
  }
  memory_left -= bytes;
  blocks[at] = {bytes, true};
  *pointer = (u64)base + at;
  u64 fill = std::min<u64>(bytes, 1 << 20);
  stream->put([=] { return memset(base + at, 0xff, fill), (int)OK; });
  return OK;
}
API cuMemFreeAsync(u64 pointer, Stream *stream) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuMemFreeAsync")
  u64 at = pointer - (u64)base;
  auto b = blocks.find(at);
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemFreeAsync: not a stream");
  if (b == blocks.end() || !b->second.live) return problem(INVALID_VALUE, "cuMemFreeAsync: not allocated, or freed twice");
  b->second.live = false;
  u64 bytes = b->second.bytes;
  memory_left += bytes;
  free_blocks[bytes].push_back(at);
  stream->put([=] {
    memset(base + at, 0xff, std::min<u64>(bytes, 1 << 20));
    return guard_intact(at, {bytes, true}) ? OK : problem(LAUNCH_FAILED, "a kernel wrote behind its memory");
  });
  return OK;
}
API cuMemAllocHost_v2(void **pointer, size_t bytes) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuMemAllocHost")
  *pointer = aligned_alloc(4096, (bytes + 4095) & ~4095ull);
  pinned[(u64)*pointer] = bytes;
  return OK;
}
API cuMemFreeHost(void *pointer) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuMemFreeHost")
  if (!pinned.erase((u64)pointer)) return problem(INVALID_VALUE, "cuMemFreeHost: not allocated");
  free(pointer);
  return OK;
}
static bool is_pinned(const void *p, size_t bytes) {
  auto after = pinned.upper_bound((u64)p);
  if (after == pinned.begin()) return false;
  auto at = std::prev(after);
  return (u64)p + bytes <= at->first + at->second;
}
API cuMemcpyHtoDAsync_v2(u64 to, const void *from, size_t bytes, Stream *stream) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemcpyHtoDAsync: not a stream");
  if (!is_live(to, bytes)) return problem(INVALID_VALUE, "cuMemcpyHtoDAsync: not device memory in use");
  if (!is_pinned(from, bytes)) return problem(INVALID_VALUE, "cuMemcpyHtoDAsync: not pinned: the copy would not be asynchronous");
  stream->put([=] { return memcpy((void *)to, from, bytes), (int)OK; }, {to});
  return OK;
}
API cuMemcpyDtoHAsync_v2(void *to, u64 from, size_t bytes, Stream *stream) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemcpyDtoHAsync: not a stream");
  if (!is_live(from, bytes)) return problem(INVALID_VALUE, "cuMemcpyDtoHAsync: not device memory in use");
  if (!is_pinned(to, bytes)) return problem(INVALID_VALUE, "cuMemcpyDtoHAsync: not pinned: the copy would not be asynchronous");
  stream->put([=] { return memcpy(to, (void *)from, bytes), (int)OK; }, {from});
  return OK;
}
API cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t bytes, Stream *stream) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemcpyDtoDAsync: not a stream");
  if (!is_live(from, bytes) || !is_live(to, bytes)) return problem(INVALID_VALUE, "cuMemcpyDtoDAsync: not device memory in use");
  stream->put([=] { return memmove((void *)to, (void *)from, bytes), (int)OK; }, {to, from});
  return OK;
}
API cuMemsetD8Async(u64 to, unsigned char value, size_t bytes, Stream *stream) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuMemsetD8Async: not a stream");
  if (!is_live(to, bytes)) return problem(INVALID_VALUE, "cuMemsetD8Async: not device memory in use");
  stream->put([=] { return memset((void *)to, value, bytes), (int)OK; }, {to});
  return OK;
}

API cuStreamCreate(Stream **stream, unsigned flags) {
  REQUIRE_CONTEXT
  if (flags > 1) return problem(INVALID_VALUE, "cuStreamCreate: flags");
  streams.insert(*stream = new Stream());
  return OK;
}
API cuStreamDestroy_v2(Stream *stream) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuStreamDestroy")
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuStreamDestroy: not a stream");
  int code = wait_for(stream);
  streams.erase(stream);
  delete stream;
  return code;
}
API cuStreamSynchronize(Stream *stream) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuStreamSynchronize")
  return streams.count(stream) ? wait_for(stream) : problem(INVALID_HANDLE, "cuStreamSynchronize: not a stream");
}
API cuEventCreate(Event **event, unsigned flags) {
  REQUIRE_CONTEXT
  if (flags & ~7u) return problem(INVALID_VALUE, "cuEventCreate: flags");
  events.insert(*event = new Event());
  return OK;
}
API cuEventRecord(Event *event, Stream *stream) {
  REQUIRE_CONTEXT
  if (!events.count(event) || !streams.count(stream)) return problem(INVALID_HANDLE, "cuEventRecord: not an event or not a stream");
  event->recorded = true;
  event->done = false;
  event->stream = stream;
  event->captured = stream->capture != nullptr;
  long time = ++event->times;
  stream->put([=] { return event->done |= time == event->times, (int)OK; });
  return OK;
}
API cuEventSynchronize(Event *event) {
  REQUIRE_CONTEXT
  if (!events.count(event)) return problem(INVALID_HANDLE, "cuEventSynchronize: not an event");
  if (event->captured) {
    if (event->stream->capture) event->stream->invalidated = true;
    return problem(CAPTURED_EVENT, "cuEventSynchronize: the event is part of a capture");
  }
  waits += event->recorded && !event->done;
  while (event->recorded && !event->done && !event->stream->work.empty()) {
    auto next = event->stream->work.front();
    event->stream->work.pop_front();
    if (int code = next()) return sticky = code;
  }
  return OK;
}
API cuEventDestroy_v2(Event *event) {
  REQUIRE_CONTEXT
  if (!events.erase(event)) return problem(INVALID_HANDLE, "cuEventDestroy: not an event");
  if (event->stream && !event->done) wait_for(event->stream);
  delete event;
  return OK;
}

API cuModuleLoadDataEx(Module **module, const void *image, unsigned count, int *, void **) {
  REQUIRE_CONTEXT
  if (!image || count > 16) return problem(INVALID_VALUE, "cuModuleLoadDataEx: no image, or too many options");
  std::map<std::string, size_t> found;
  if (!entries((const char *)image, found)) return problem(INVALID_PTX, "cuModuleLoadDataEx: this is no PTX with entries");
  auto fresh = new Module();
  for (auto &[name, bytes] : found) {
    auto at = emu::kernels().find(name);
    if (at == emu::kernels().end()) return problem(INVALID_SOURCE, "the PTX has " + name + ", which is not in the sources");
    auto f = new Function{&at->second, bytes};
    fresh->functions[name] = f;
    functions.insert(f);
  }
  modules.insert(*module = fresh);
  return OK;
}
API cuModuleUnload(Module *module) {
  REQUIRE_CONTEXT
  if (!modules.erase(module)) return problem(INVALID_HANDLE, "cuModuleUnload: not a module");
  for (auto &entry : module->functions) functions.erase(entry.second);
  delete module;
  return OK;
}
API cuModuleGetFunction(Function **function, Module *module, const char *name) {
  REQUIRE_CONTEXT
  if (!modules.count(module)) return problem(INVALID_HANDLE, "cuModuleGetFunction: not a module");
  auto at = module->functions.find(name);
  if (at == module->functions.end()) return problem(NOT_FOUND, std::string("cuModuleGetFunction: no ") + name);
  *function = at->second;
  return OK;
}
API cuFuncSetAttribute(Function *function, int attribute, int value) {
  REQUIRE_CONTEXT
  if (!functions.count(function)) return problem(INVALID_HANDLE, "cuFuncSetAttribute: not a function");
  if (attribute != 8 || value < 0 || value > 99 << 10) return problem(INVALID_VALUE, "cuFuncSetAttribute: not the shared memory, or too much");
  function->shared_limit = value;
  return OK;
}
API cuLaunchKernel(Function *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
    Stream *stream, void **parameters, void **extra) {
  REQUIRE_CONTEXT
  if (!functions.count(f)) return problem(INVALID_HANDLE, "cuLaunchKernel: not a function");
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuLaunchKernel: not a stream");
  if (!gx || !gy || !gz || !bx || !by || !bz || gx > 0x7fffffffu || gy > 65535 || gz > 65535 || bz > 64 || bx * by * bz > 1024)
    return problem(INVALID_VALUE, "cuLaunchKernel: grid or block out of range");
  if ((int)shared > f->shared_limit) return problem(INVALID_VALUE, "cuLaunchKernel: more shared memory than allowed");
  if (parameters || !extra || extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4])
    return problem(INVALID_VALUE, "cuLaunchKernel: parameters must come as one buffer");
  size_t bytes = *(size_t *)extra[3];
  if (bytes != f->parameter_bytes || bytes != f->kernel->bytes)
    return problem(INVALID_VALUE, std::string(f->kernel->name) + ": " + std::to_string(bytes) + " bytes of parameters; the PTX says "
        + std::to_string(f->parameter_bytes) + ", the source " + std::to_string(f->kernel->bytes));
  std::vector<u64> words((bytes + 7) / 8), pointers;
  memcpy(words.data(), extra[1], bytes);
  for (u64 word : words) {
    if (!is_device(word)) continue;
    checked_pointers++;
    pointers.push_back(word);
    if (!is_live(word, 0)) return problem(INVALID_VALUE, std::string(f->kernel->name) + ": a pointer to memory that is not in use");
  }
  launches++;
  int turn = schedule < 0 ? launches % 3 : schedule;
  stream->put([=] {
    const char *wrong = emu::run(*f->kernel, words.data(), {gx, gy, gz}, {bx, by, bz}, shared, turn);
    if (wrong) return problem(LAUNCH_FAILED, wrong);
    for (u64 word : words) {
      if (!is_device(word)) continue;
      auto b = std::prev(blocks.upper_bound(word - (u64)base));
      if (!guard_intact(b->first, b->second)) return problem(LAUNCH_FAILED, std::string(f->kernel->name) + " wrote behind its memory");
    }
    return (int)OK;
  }, pointers);
  return OK;
}

API cuStreamBeginCapture_v2(Stream *stream, int mode) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuStreamBeginCapture: not a stream");
  if (mode < 0 || mode > 2) return problem(INVALID_VALUE, "cuStreamBeginCapture: mode");
  if (stream->capture) return problem(ILLEGAL_STATE, "cuStreamBeginCapture: it is captured already");
  stream->capture = new Graph();
  stream->capturer = std::this_thread::get_id();
  stream->invalidated = false;
  return OK;
}
API cuStreamEndCapture(Stream *stream, Graph **graph) {
  REQUIRE_CONTEXT
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuStreamEndCapture: not a stream");
  if (!stream->capture) return problem(ILLEGAL_STATE, "cuStreamEndCapture: it is not captured");
  if (stream->capturer != std::this_thread::get_id()) return problem(CAPTURE_WRONG_THREAD, "cuStreamEndCapture: begun by another thread");
  Graph *made = stream->capture;
  stream->capture = nullptr;
  *graph = nullptr;
  if (stream->invalidated) {
    delete made;
    return problem(CAPTURE_INVALIDATED, "cuStreamEndCapture: something was done that a capture does not allow");
  }
  graphs.insert(*graph = made);
  return OK;
}
API cuGraphInstantiateWithFlags(Executable **executable, Graph *graph, u64 flags) {
  REQUIRE_CONTEXT
  if (!graphs.count(graph)) return problem(INVALID_VALUE, "cuGraphInstantiate: not a graph");
  if (flags & ~15ull) return problem(INVALID_VALUE, "cuGraphInstantiate: flags");
  executables.insert(*executable = new Executable{graph->nodes});
  return OK;
}
API cuGraphDestroy(Graph *graph) {
  REQUIRE_CONTEXT
  if (!graphs.erase(graph)) return problem(INVALID_VALUE, "cuGraphDestroy: not a graph");
  delete graph;
  return OK;
}
API cuGraphLaunch(Executable *executable, Stream *stream) {
  REQUIRE_CONTEXT
  FORBIDDEN_IN_CAPTURE("cuGraphLaunch")
  if (!executables.count(executable)) return problem(INVALID_VALUE, "cuGraphLaunch: not an executable graph");
  if (!streams.count(stream)) return problem(INVALID_HANDLE, "cuGraphLaunch: not a stream");
  for (Node &node : executable->nodes)
    for (u64 pointer : node.pointers)
      if (!is_live(pointer, 0)) return problem(INVALID_VALUE, "cuGraphLaunch: it works on memory that is not in use");
  launches++;
  for (Node &node : executable->nodes) stream->put(node.work);
  return OK;
}
API cuGraphExecDestroy(Executable *executable) {
  REQUIRE_CONTEXT
  if (!executables.erase(executable)) return problem(INVALID_VALUE, "cuGraphExecDestroy: not an executable graph");
  delete executable;
  return OK;
}

API cuGetErrorName(int code, const char **name) {
  static const std::map<int, const char *> names = {{INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"}, {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
      {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"}, {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
      {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"}, {INVALID_PTX, "CUDA_ERROR_INVALID_PTX"}, {INVALID_SOURCE, "CUDA_ERROR_INVALID_SOURCE"},
      {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"}, {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"}, {ILLEGAL_STATE, "CUDA_ERROR_ILLEGAL_STATE"},
      {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"}, {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
      {CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT"}, {CAPTURE_WRONG_THREAD, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD"}, {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED"}};
  auto at = names.find(code);
  return at == names.end() ? INVALID_VALUE : (*name = at->second, OK);
}
// the stand-in tells what exactly was wrong
API cuGetErrorString(int, const char **text) { return *text = last_problem.c_str(), OK; }

// For the tests, beside the driver's own functions.
// The order of threads for all launches from now on: 0 to 2, or -1 for all three by turns.
API standInSchedule(int order) { return schedule = order, OK; }
API standInSwitchSite(const char *name, int off) { return emu::switch_site(name, off) ? OK : NOT_FOUND; }
API standInSites(char *text, int length) { return snprintf(text, length, "%s", emu::site_names().c_str()); }
API standInForget() { return sticky = 0, last_problem.clear(), OK; }
API standInLaunches() { return (int)launches; }
// How often the host waited for work that was not done.
API standInWaits() { return (int)waits; }
API standInLiveBlocks() {
  int live = 0;
  for (auto &b : blocks) live += b.second.live;
  return live;
}
API standInMemoryLeft(u64 bytes) { return memory_left = bytes, OK; }
