#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// Encrypts what must not lie open on a disk, with XChaCha20-Poly1305. What was sealed about one
/// thing does not open as if it were about another. The key is kept in memory that is neither
/// swapped nor dumped, and never printed. Thread-safe.
class Sealer {
 public:
  /// The key as 64 hexadecimal digits. Code::invalid for anything else; the text is not repeated.
  static Result<Sealer> from_key(std::string_view text);
  /// Reads the key from the file, or makes both when there is none. Code::invalid when the file
  /// holds no key or others than its owner may read it; Code::unavailable when it cannot be read or
  /// made.
  static Result<Sealer> from_file(const std::filesystem::path& file);

  /// `plain` as text (base64), different every time.
  std::string seal(std::string_view plain, std::string_view about) const;
  /// Code::broken when it was sealed with another key, about something else, or was altered.
  Result<std::string> open(std::string_view sealed, std::string_view about) const;

 private:
  struct Free {
    void operator()(unsigned char* key) const;
  };
  using Key = std::unique_ptr<unsigned char[], Free>;
  explicit Sealer(Key key) : key_(std::move(key)) {}
  static Key new_key();

  Key key_;
};

}  // namespace base
