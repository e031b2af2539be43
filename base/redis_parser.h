#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/redis_reply.h"
#include "base/result.h"

struct redisReader;

namespace base {

/// Bytes of a connection to Redis become replies. hiredis stands behind this header.
class RedisParser final {
 public:
  RedisParser();

  void feed(std::string_view bytes);
  /// The next complete reply, nullopt when more bytes are needed. Code::broken when they are none.
  Result<std::optional<RedisReply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace base
