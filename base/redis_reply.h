#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace base {

/// What Redis answered to one command.
struct RedisReply {
  enum class Type { nil, integer, text, list, error } type = Type::nil;
  std::int64_t integer = 0;
  std::string text;  ///< of a text, a status or an error
  std::vector<RedisReply> list;
};

}  // namespace base
