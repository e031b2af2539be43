#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace base {

/// What a path led to when it was looked at, symbolic links followed. Equal as long as nobody
/// changed or replaced that.
struct FileIdentity {
  int error = 0;  ///< errno when it led nowhere
  std::uint64_t device = 0, inode = 0, mode = 0;
  std::int64_t size = 0, modified = 0, changed = 0;  ///< times in ns

  bool operator==(const FileIdentity&) const = default;
};
FileIdentity identify(const std::filesystem::path& path);

/// The files that something was read from, and the patterns by which they were chosen.
struct FileSet {
  using Identities = std::map<std::filesystem::path, FileIdentity>;

  Identities files;
  std::map<std::string, Identities> patterns;  ///< with what they matched

  bool operator==(const FileSet&) const = default;
  /// The same files and patterns, as they are now.
  FileSet looked_at_again() const;
};

/// A whole regular file. It is opened without waiting, so that a FIFO or a device in its place is
/// an error and no hang. Code::limit: it is larger than `largest` bytes; Code::unavailable: it
/// cannot be read. The message is the reason alone.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t largest);

/// What a pattern (glob(7)) matches, sorted; empty when nothing, or when a directory on its way
/// cannot be read.
std::vector<std::filesystem::path> match_pattern(const std::string& pattern);

/// As long as it lives, notes what read_file() and match_pattern() are asked for on this thread,
/// found or not: what a loaded configuration depends on. One at a time per thread.
class FileTrace {
 public:
  FileTrace();
  ~FileTrace();
  FileTrace(const FileTrace&) = delete;
  FileTrace& operator=(const FileTrace&) = delete;

  const FileSet& files() const { return files_; }

 private:
  FileSet files_;
};

}  // namespace base
