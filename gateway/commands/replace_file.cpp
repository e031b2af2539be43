#include "gateway/commands/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/file_descriptor.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;

base::Error failure(const fs::path& file) {
  return {base::Code::unavailable,
          file.string() + " cannot be replaced: " + std::generic_category().message(errno),
          {}};
}

bool write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(file, text.data() + done, text.size() - done);
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

base::Status replace_file(const fs::path& file, const std::string& text) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return failure(file);
  // Beside it, so that renaming is one step; a name that no pattern of policies matches.
  const fs::path directory = file.parent_path();
  std::string beside = (directory / ("." + file.filename().string() + ".XXXXXX")).string();
  const base::FileDescriptor out(::mkostemp(beside.data(), O_CLOEXEC));
  if (!out.is_open()) return failure(file);
  const bool written = write_all(out.get(), text) &&
                       ::fchmod(out.get(), facts.st_mode & 07777) == 0 && ::fsync(out.get()) == 0 &&
                       std::rename(beside.c_str(), file.c_str()) == 0;
  if (!written) {
    const base::Error error = failure(file);
    ::unlink(beside.c_str());
    return error;
  }
  const base::FileDescriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.is_open()) ::fsync(parent.get());
  return {};
}

}  // namespace gateway::commands
