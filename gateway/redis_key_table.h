#pragma once

#include "base/blocking_loop.h"
#include "base/redis_connection.h"
#include "gateway/key_table.h"

namespace gateway {

/// Keys in Redis: one hash, so that one command reads all of it in one step. Of the key ID, `ID:k`
/// is its agent, creation and hash as JSON, `ID:e` when it expires, `ID:r` when it was revoked;
/// `version` is when it was changed.
class RedisKeyTable final : public KeyTable {
 public:
  explicit RedisKeyTable(base::RedisAddress address) : redis_(loop_.loop(), std::move(address)) {}

  base::Status insert(const StoredKey& key) override;
  base::Result<bool> revoke(std::string_view id, std::int64_t now) override;
  base::Result<bool> replace(std::string_view id, std::int64_t expires,
                             const StoredKey& fresh) override;
  base::Result<std::vector<StoredKey>> all() override;
  base::Result<std::int64_t> version() override;

 private:
  base::Result<base::RedisReply> run(const base::RedisScript& script,
                                     const base::RedisArguments& arguments);
  base::Result<base::RedisReply> ask(base::RedisArguments command);

  base::BlockingLoop loop_;
  base::RedisConnection redis_;
};

}  // namespace gateway
