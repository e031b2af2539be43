#include "base/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <system_error>

namespace base {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds look_again{5'000};
constexpr milliseconds look_again_when_blind{1'000};
constexpr int most_links = 40;  // as the kernel has it

constexpr std::uint32_t directory_events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                           IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t file_events = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

// What stands before the first part with a wildcard, or with a character that is written as none.
fs::path fixed_part(const std::string& pattern) {
  fs::path fixed;
  for (const fs::path& part : fs::path(pattern)) {
    if (part.string().find_first_of("*?[\\") != std::string::npos) return fixed;
    fixed /= part;
  }
  return fixed.parent_path();
}

}  // namespace

std::set<fs::path> directories_to(const fs::path& path) {
  std::set<fs::path> directories;
  std::deque<fs::path> rest(path.begin(), path.end());
  fs::path at;
  for (int links = 0; !rest.empty();) {
    const fs::path part = rest.front();
    rest.pop_front();
    const fs::path next = at / part;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(next, error);
    if (status.type() == fs::file_type::symlink && ++links <= most_links) {
      directories.insert(at);
      const fs::path target = fs::read_symlink(next, error);
      if (target.is_absolute()) at.clear();
      rest.insert(rest.begin(), target.begin(), target.end());
      continue;
    }
    const bool last = rest.empty() || !fs::exists(status);
    if (last) directories.insert(at);
    if (!fs::exists(status)) break;
    at = next;
  }
  return directories;
}

FileWatch::FileWatch(milliseconds quiet)
    : quiet_(quiet),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void FileWatch::look_after(FileSet files) {
  files_ = std::move(files);
  arm(files_);
}

FileWatch::News FileWatch::wait() {
  while (true) {
    // First this: a change may have come before it was watched for.
    FileSet now = files_.looked_at_again();
    if (now != files_) return settle(std::move(now));
    if (wait_for_event(blind_ ? look_again_when_blind : look_again)) return News::woken;
  }
}

FileWatch::News FileWatch::settle(FileSet now) {
  const Clock::time_point begin = Clock::now();
  Clock::time_point last_change = begin;
  arm(now);
  while (true) {
    const Clock::time_point end = last_change + quiet_;
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    if (wait_for_event(std::max(left, milliseconds(1)))) return News::woken;
    FileSet next = now.looked_at_again();
    const Clock::time_point at = Clock::now();
    if (next != now) {
      last_change = at;
      now = std::move(next);
      arm(now);
    } else if (!written_.empty()) {
      last_change = at;
    }
    if (at >= last_change + quiet_ || at - begin > longest_unrest) return News::changed;
  }
}

void FileWatch::wake() {
  // Only a counter that is full would not take it: then it is awake already.
  if (::eventfd_write(wakeup_.get(), 1) != 0) return;
}

// True when woken.
bool FileWatch::wait_for_event(milliseconds longest) {
  std::array<pollfd, 2> waiting{pollfd{wakeup_.get(), POLLIN, 0}, pollfd{events_.get(), POLLIN, 0}};
  ::poll(waiting.data(), waiting.size(), static_cast<int>(longest.count()));
  take_events();
  eventfd_t count = 0;
  return ::eventfd_read(wakeup_.get(), &count) == 0;
}

void FileWatch::take_events() {
  alignas(inotify_event) std::array<char, 16 << 10> bytes{};
  ssize_t size = 0;
  while (events_.is_open() && (size = ::read(events_.get(), bytes.data(), bytes.size())) > 0) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, bytes.data() + at, sizeof event);
      at += sizeof event + event.len;
      if ((event.mask & IN_MODIFY) != 0) written_.insert(event.wd);
      if ((event.mask & (IN_CLOSE_WRITE | IN_IGNORED)) != 0) written_.erase(event.wd);
    }
  }
}

// Watches that lead to the same as before stay, with what is known of them.
void FileWatch::arm(const FileSet& files) {
  blind_ = !events_.is_open();
  std::set<fs::path> directories;
  for (const auto& entry : files.patterns) {
    directories.merge(directories_to(fixed_part(entry.first) / "*"));
  }
  std::set<int> armed;
  const auto watch_file = [&](const fs::path& file) {
    directories.merge(directories_to(file));
    armed.insert(add(file, file_events));
  };
  for (const auto& entry : files.files) watch_file(entry.first);
  for (const auto& pattern : files.patterns) {
    for (const auto& matched : pattern.second) watch_file(matched.first);
  }
  for (const fs::path& directory : directories) armed.insert(add(directory, directory_events));
  for (const int watch : watches_) {
    if (armed.contains(watch)) continue;
    ::inotify_rm_watch(events_.get(), watch);
    written_.erase(watch);
  }
  armed.erase(-1);
  watches_ = std::move(armed);
}

int FileWatch::add(const fs::path& path, std::uint32_t events) {
  const int watch = ::inotify_add_watch(events_.get(), path.c_str(), events);
  // What does not exist, or may not be read, cannot be watched; its directory tells of it.
  if (watch < 0 && errno != ENOENT && errno != EACCES && errno != ENOTDIR) blind_ = true;
  return watch;
}

}  // namespace base
