#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace base {

/// Arguments of a command as Redis reads them, written once. Any bytes may be in one.
class RedisArguments final {
 public:
  RedisArguments() = default;
  RedisArguments(std::initializer_list<std::string_view> arguments);

  RedisArguments& add(std::string_view argument);
  RedisArguments& add(std::int64_t number);
  RedisArguments& append(const RedisArguments& more);

  std::size_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::size_t count_ = 0;
  std::string bytes_;
};

/// Appends the command that both make together.
void append_redis_command(std::string& out, const RedisArguments& arguments,
                          const RedisArguments& rest);

/// A script and the name by which Redis knows it once it was sent.
struct RedisScript {
  explicit RedisScript(std::string lua);
  std::string text, hash;
};

}  // namespace base
