#pragma once

#include <filesystem>
#include <optional>

#include "base/redis_connection.h"
#include "base/yaml.h"
#include "gateway/config.h"

namespace gateway {

/// `redis://[USER:PASSWORD@]ADDRESS[:PORT][/DATABASE]` or `redis+unix:///PATH[?db=DATABASE]`;
/// nullopt for another scheme. What is wrong is said without the text, which may hold a password.
std::optional<base::RedisAddress> parse_redis(const base::YamlNode& node,
                                              const std::filesystem::path& directory);

/// The map under `store_down`.
StoreDown parse_store_down(const base::YamlNode& node);

}  // namespace gateway
