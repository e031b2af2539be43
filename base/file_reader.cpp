#include "base/file_reader.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"

namespace base {
namespace {

thread_local FileSet* noted = nullptr;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& status) {
  return {0,
          status.st_dev,
          status.st_ino,
          status.st_mode,
          status.st_size,
          nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

void note(const std::filesystem::path& path, const FileIdentity& identity) {
  if (noted != nullptr) noted->files[path] = identity;
}

Error cannot_read(const std::string& reason) { return {Code::unavailable, reason, {}}; }
Error cannot_read(int error) { return cannot_read(std::generic_category().message(error)); }

Result<std::string> read_all(int file, std::size_t largest) {
  std::string text(largest + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > largest) {
    return Error{Code::limit, "it is larger than " + std::to_string(largest) + " bytes", {}};
  }
  text.resize(size);
  return text;
}

// Frees what glob(3) found.
class Matches {
 public:
  explicit Matches(const std::string& pattern) {
    found_ = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &result_) == 0;
  }
  Matches(const Matches&) = delete;
  Matches& operator=(const Matches&) = delete;
  ~Matches() { ::globfree(&result_); }

  std::vector<std::filesystem::path> paths() const {
    if (!found_) return {};
    return {result_.gl_pathv, result_.gl_pathv + result_.gl_pathc};
  }

 private:
  glob_t result_{};
  bool found_ = false;
};

std::vector<std::filesystem::path> sorted_matches(const std::string& pattern) {
  auto paths = Matches(pattern).paths();
  std::sort(paths.begin(), paths.end());
  return paths;
}

FileSet::Identities identities_of(const std::vector<std::filesystem::path>& paths) {
  FileSet::Identities identities;
  for (const auto& path : paths) identities[path] = identify(path);
  return identities;
}

}  // namespace

FileIdentity identify(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {errno, 0, 0, 0, 0, 0, 0};
  return identity_of(status);
}

FileSet FileSet::looked_at_again() const {
  FileSet now;
  for (const auto& entry : files) now.files[entry.first] = identify(entry.first);
  for (const auto& entry : patterns) {
    now.patterns[entry.first] = identities_of(sorted_matches(entry.first));
  }
  return now;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t largest) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open()) {
    const int error = errno;
    note(path, identify(path));
    return cannot_read(error);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot_read(errno);
  note(path, identity_of(status));
  if (S_ISDIR(status.st_mode)) return cannot_read(EISDIR);
  if (!S_ISREG(status.st_mode)) return cannot_read("it is no regular file");
  return read_all(file.get(), largest);
}

std::vector<std::filesystem::path> match_pattern(const std::string& pattern) {
  auto paths = sorted_matches(pattern);
  if (noted != nullptr) noted->patterns[pattern] = identities_of(paths);
  return paths;
}

FileTrace::FileTrace() { noted = &files_; }
FileTrace::~FileTrace() { noted = nullptr; }

}  // namespace base
