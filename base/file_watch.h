#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/file_descriptor.h"
#include "base/file_reader.h"

namespace base {

/// Waits until one of some files is another. The directories that lead to them are watched
/// (inotify(7)), because editors replace files by renaming and config maps swap a symbolic link on
/// the way; as nothing tells of changes on network mounts, the files are also looked at every few
/// seconds. It looks at files, which may take long: of a thread of its own, but for wake().
class FileWatch {
 public:
  /// A change counts after this long at the latest, even when there is no quiet.
  static constexpr std::chrono::seconds longest_unrest{30};

  explicit FileWatch(std::chrono::milliseconds quiet = std::chrono::milliseconds(250));

  /// What is waited for: that one of these is no longer what it was when it was read.
  void look_after(FileSet files);

  enum class News { changed, woken };
  /// `changed` once nothing has changed for that quiet and nobody still writes a file: half a file is
  /// none.
  News wait();
  /// Ends wait(), or the next one. Thread-safe.
  void wake();

 private:
  using Clock = std::chrono::steady_clock;

  bool wait_for_event(std::chrono::milliseconds longest);
  News settle(FileSet now);
  void take_events();
  void arm(const FileSet& files);
  int add(const std::filesystem::path& path, std::uint32_t events);

  const std::chrono::milliseconds quiet_;
  FileDescriptor events_;  // not open: there is no inotify
  FileDescriptor wakeup_;
  FileSet files_;
  std::set<int> watches_;
  std::set<int> written_;  // files that were written to and not closed since
  bool blind_ = false;     // not everything could be watched
};

/// The directories in which a change can make `path` lead elsewhere: that of the file, and those of
/// the symbolic links on the way; of what does not exist, the nearest that does.
std::set<std::filesystem::path> directories_to(const std::filesystem::path& path);

}  // namespace base
