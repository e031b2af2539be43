// Preloaded into a gateway by the crash tests: kills it, as kill -9 would, around its Nth commit to
// the journal. Nothing of this is part of the gateway.
//
//   CRASH_AT=unwritten:7 LD_PRELOAD=crash_at.so sluice serve …
//
//   unwritten   before a byte of the commit is written: it is lost
//   unsynced    when it is written and not yet durable: it survives the process, nobody knows of it
//   synced      when it is durable, before anybody is told
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<int> commits{0};

bool is_journal(int descriptor) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return std::strstr(path, "journal.db-wal") != nullptr;
}

void die_if(const char* when, int commit) {
  static const char* const at = std::getenv("CRASH_AT");
  if (at == nullptr) return;
  const std::size_t length = std::strlen(when);
  if (std::strncmp(at, when, length) != 0 || at[length] != ':') return;
  if (std::atoi(at + length + 1) == commit) ::kill(::getpid(), SIGKILL);
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int sync_with(const char* name, int descriptor) {
  const auto sync = real<int (*)(int)>(name);
  if (!is_journal(descriptor)) return sync(descriptor);
  die_if("unsynced", commits + 1);
  const int result = sync(descriptor);
  die_if("synced", ++commits);
  return result;
}

ssize_t write_with(const char* name, int descriptor, const void* bytes, size_t size, off_t at) {
  static thread_local bool is_inside = false;
  if (!is_inside) {
    is_inside = true;
    if (is_journal(descriptor)) die_if("unwritten", commits + 1);
    is_inside = false;
  }
  return real<ssize_t (*)(int, const void*, size_t, off_t)>(name)(descriptor, bytes, size, at);
}

}  // namespace

extern "C" {

int fsync(int descriptor) { return sync_with("fsync", descriptor); }
int fdatasync(int descriptor) { return sync_with("fdatasync", descriptor); }
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return write_with("pwrite", descriptor, bytes, size, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return write_with("pwrite64", descriptor, bytes, size, at);
}
}
