// Runs one block after the other; the threads of a block as fibers.
#include "fibers.h"
#include <cstdarg>
#include "fibers_run.h"
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emu {

Thread *current;
Dim3 block_index, block_size, grid_size;

std::map<std::string, Kernel> &kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

static std::map<std::string, Site *> &sites() {
  static std::map<std::string, Site *> all;
  return all;
}

Site::Site(const char *file, int line, const char *what) {
  const char *slash = strrchr(file, '/');
  name = std::string(slash ? slash + 1 : file) + ":" + std::to_string(line) + " " + what;
}

Site &site(const char *file, int line, const char *what) {
  Site *fresh = new Site(file, line, what);
  auto [at, inserted] = sites().emplace(fresh->name, fresh);
  if (!inserted) delete fresh;
  return *at->second;
}

std::string site_names() {
  std::string all;
  for (auto &entry : sites()) all += entry.first + " " + std::to_string(entry.second->reached) + "\n";
  return all;
}

bool switch_site(const char *name, bool off) {
  auto at = sites().find(name);
  if (at == sites().end()) return false;
  at->second->off = off;
  return true;
}

// A stack and where its fiber stopped. A fiber runs one thread after the other for as long as none of them waits.
struct Fiber {
  static constexpr size_t STACK = 128 << 10;
  char *stack = (char *)aligned_alloc(64, STACK);
#if defined(__x86_64__)
  void *sp = nullptr;
#else
  ucontext_t context;
#endif
  Thread *thread = nullptr;
};

static std::vector<Thread> threads;
static std::vector<Fiber *> fibers_of;
static std::vector<Fiber *> spare;
static std::vector<int> order;
static size_t next_fresh, fresh_end;
static std::vector<unsigned char> shared, exchanged;
static size_t shared_bytes;
static const Kernel *kernel;
static const void *arguments;
static char message[512];
static bool has_failed;
static Fiber *running;

void failed(const char *format, ...) {
  if (has_failed) return;
  has_failed = true;
  va_list list;
  va_start(list, format);
  vsnprintf(message, sizeof message, format, list);
  va_end(list);
}

#if defined(__x86_64__)
// saves the registers that a function must keep, and changes stacks
extern "C" void emu_switch(void **from, void *to);
asm(R"(
.text
.globl emu_switch
.hidden emu_switch
emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
static void *scheduler_sp;
static void to_scheduler() {
  Fiber *self = running;
  emu_switch(&self->sp, scheduler_sp);
}
static void fiber_main();
static void enter() {
  for (;;) fiber_main();
}
static void start(Fiber *f) {
  void **sp = (void **)((uintptr_t)(f->stack + Fiber::STACK) & ~(uintptr_t)63);
  // as after a call: the address of the first function lies where `ret` looks, the stack off by 8 when it begins
  *--sp = nullptr;
  *--sp = (void *)enter;
  for (int i = 0; i < 6; i++) *--sp = nullptr;
  f->sp = sp;
}
static void resume(Fiber *f) {
  running = f;
  emu_switch(&scheduler_sp, f->sp);
}
#else
static ucontext_t scheduler_context;
static void to_scheduler() { swapcontext(&running->context, &scheduler_context); }
static void fiber_main();
static void enter() {
  for (;;) fiber_main();
}
static void start(Fiber *f) {
  getcontext(&f->context);
  f->context.uc_stack.ss_sp = f->stack;
  f->context.uc_stack.ss_size = Fiber::STACK;
  f->context.uc_link = nullptr;
  makecontext(&f->context, enter, 0);
}
static void resume(Fiber *f) {
  running = f;
  swapcontext(&scheduler_context, &f->context);
}
#endif

// Runs threads that have not begun, one after the other, then goes back to the scheduler.
static void fiber_main() {
  while (next_fresh < fresh_end) {
    Thread *t = &threads[order[next_fresh++]];
    t->started = true;
    running->thread = t;
    fibers_of[t->number] = running;
    current = t;
    kernel->run(arguments);
    t->done = true;
    fibers_of[t->number] = nullptr;
    running->thread = nullptr;
  }
  spare.push_back(running);
  to_scheduler();
}

static void wait(Wait kind, const void *where) {
  Thread *self = current;
  self->wait = kind;
  self->site = where;
  to_scheduler();
  current = self;
}

void block_barrier(Site &site) {
  if (current->number == 0) site.reached++;
  if (!site.off) wait(BLOCK, &site);
}
void warp_barrier() { wait(WARP, nullptr); }
void warp_barrier(Site &site) {
  site.reached++;
  if (!site.off) wait(WARP, &site);
}

void *shared_memory(size_t bytes) {
  if (bytes > shared_bytes) failed("%s: needs %zu bytes of shared memory, launched with %zu", kernel->name, bytes, shared_bytes);
  if (shared.size() < bytes) shared.resize(bytes);
  return shared.data();
}
unsigned char *exchange(int lane) { return &exchanged[(current->number / 32 * 32 + lane) * 128]; }

static Fiber *fresh_fiber() {
  if (!spare.empty()) {
    Fiber *f = spare.back();
    spare.pop_back();
    return f;
  }
  Fiber *f = new Fiber();
  start(f);
  return f;
}

// Lets the threads of a warp go on if all of them wait for each other.
static bool release_warp(size_t begin, size_t end) {
  for (size_t i = begin; i < end; i++)
    if (threads[i].wait != WARP) return false;
  for (size_t i = begin; i < end; i++) threads[i].wait = NONE;
  return true;
}

// Lets the block go on if all of its threads wait at one barrier.
static bool release_block() {
  for (auto &t : threads)
    if (t.wait != BLOCK) return false;
  for (auto &t : threads) {
    if (t.site == threads[0].site) continue;
    failed("%s: threads wait at %s and at %s", kernel->name, ((const Site *)threads[0].site)->name.c_str(), ((const Site *)t.site)->name.c_str());
    return false;
  }
  for (auto &t : threads) t.wait = NONE;
  return true;
}

static void arrange(int schedule, size_t count) {
  order.resize(count);
  for (size_t i = 0; i < count; i++) {
    // ascending; descending; warps from the middle on, their last lanes first
    size_t turned = (i / 32 * 32 + 31 - i % 32 + count / 64 * 32) % count;
    order[i] = schedule == 1 ? count - 1 - i : schedule == 2 ? turned : i;
  }
}

// Starts or resumes the threads at these places of the order, each until it waits. Gives whether any could run.
static bool run_warp(size_t first, size_t end) {
  bool moved = false;
  if (next_fresh < end) {
    fresh_end = end;
    while (next_fresh < fresh_end && !has_failed) resume(fresh_fiber());
    return true;
  }
  for (size_t i = first; i < end && !has_failed; i++) {
    Thread &t = threads[order[i]];
    if (t.done || t.wait != NONE) continue;
    moved = true;
    current = &t;
    resume(fibers_of[t.number]);
  }
  return moved;
}

static void run_block(int schedule) {
  size_t count = (size_t)block_size.x * block_size.y * block_size.z;
  threads.assign(count, Thread());
  fibers_of.assign(count, nullptr);
  exchanged.resize((count + 31) / 32 * 32 * 128);
  shared.assign(shared_bytes, 0xff);
  arrange(schedule, count);
  next_fresh = 0;
  for (size_t i = 0; i < count; i++) {
    threads[i].number = i;
    threads[i].index.x = i % block_size.x;
    threads[i].index.y = i / block_size.x % block_size.y;
    threads[i].index.z = i / block_size.x / block_size.y;
  }
  // in the first order warps take turns whenever they wait; in the others each goes on alone for as long as it can
  bool alone = schedule != 0;
  for (;;) {
    bool moved = false, left = false;
    for (size_t first = 0; first < count && !has_failed; first += 32) {
      size_t end = first + 32 < count ? first + 32 : count;
      bool again;
      do {
        again = run_warp(first, end);
        moved |= again;
        size_t warp = order[first] / 32 * 32;
        bool released = release_warp(warp, warp + (end - first));
        moved |= released;
        again = released && alone;
      } while (again && !has_failed);
      for (size_t i = first; i < end; i++) left |= !threads[order[i]].done;
    }
    if (!left) return;
    if (has_failed) break;
    if (!release_block() && !moved) {
      size_t waiting = 0;
      for (auto &t : threads) waiting += t.wait != NONE;
      failed("%s: %zu of %zu threads wait for others that have ended or wait elsewhere", kernel->name, waiting, count);
      break;
    }
  }
  // fibers of a failed block are lost with what is on their stacks
}

const char *run(const Kernel &k, const void *args, Dim3 grid, Dim3 block, size_t shared_memory_bytes, int schedule) {
  kernel = &k;
  arguments = args;
  grid_size = grid;
  block_size = block;
  shared_bytes = shared_memory_bytes;
  has_failed = false;
  if (block.x * block.y * block.z % 32) failed("%s: %u threads in a block are no whole warps", k.name, block.x * block.y * block.z);
  if ((int)(block.x * block.y * block.z) > k.threads) failed("%s: %u threads in a block, made for %d", k.name, block.x * block.y * block.z, k.threads);
  for (unsigned z = 0; z < grid.z && !has_failed; z++)
    for (unsigned y = 0; y < grid.y && !has_failed; y++)
      for (unsigned x = 0; x < grid.x && !has_failed; x++) {
        block_index.x = schedule == 1 ? grid.x - 1 - x : x;
        block_index.y = y;
        block_index.z = z;
        run_block(schedule);
      }
  return has_failed ? message : nullptr;
}

}  // namespace emu
