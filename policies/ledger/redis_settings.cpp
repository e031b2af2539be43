#include "policies/ledger/redis_settings.h"

#include <map>
#include <string>

namespace policies::ledger {
namespace {

using base::Code;
using base::Error;
using base::RedisReply;
using base::Status;
using Settings = std::map<std::string, std::string>;

constexpr const char* needed =
    "Budgets and approvals need appendonly yes, appendfsync always and maxmemory-policy "
    "noeviction.";

Error unfit(const std::string& what) {
  return {Code::invalid, "Redis does not keep its word: " + what + ". " + needed, {}};
}

base::Task<Status> read_settings(base::RedisConnection& redis, std::string pattern,
                                 Settings& settings) {
  base::RedisArguments command;
  command.add("CONFIG").add("GET").add(pattern);
  const auto reply = co_await redis.command(std::move(command));
  if (!reply) co_return reply.error();
  if (reply->type != RedisReply::Type::list)
    co_return unfit("it does not say (" + reply->text + ")");
  for (std::size_t at = 0; at + 1 < reply->list.size(); at += 2) {
    settings[reply->list[at].text] = reply->list[at + 1].text;
  }
  co_return Status{};
}

}  // namespace

base::Task<Status> check_settings(base::RedisConnection& redis) {
  Settings settings;
  if (Status read = co_await read_settings(redis, "append*", settings); !read) co_return read;
  if (Status read = co_await read_settings(redis, "maxmemory*", settings); !read) co_return read;
  for (const auto& [name, value] : Settings{{"appendonly", "yes"}, {"appendfsync", "always"}}) {
    if (settings[name] != value) co_return unfit(name + " is '" + settings[name] + "'");
  }
  const std::string& eviction = settings["maxmemory-policy"];
  if (settings["maxmemory"] != "0" && eviction != "noeviction") {
    co_return unfit("maxmemory-policy is '" + eviction + "'");
  }
  co_return Status{};
}

}  // namespace policies::ledger
