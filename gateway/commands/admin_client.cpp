#include "gateway/commands/admin_client.h"

#include <sys/socket.h>

#include <httplib.h>

namespace gateway::commands {
namespace {

base::Code code_of(int status) {
  switch (status) {
    case 400:
      return base::Code::invalid;
    case 403:
      return base::Code::unauthorized;
    case 404:
      return base::Code::not_found;
    default:
      return base::Code::refused;
  }
}

}  // namespace

base::Result<base::Json> ask_gateway(const std::filesystem::path& socket, const std::string& route,
                                     const std::optional<base::Json>& body) {
  httplib::Client client(socket.string());
  client.set_address_family(AF_UNIX);
  client.set_default_headers({{"Host", "localhost"}});
  client.set_read_timeout(std::chrono::hours(1));
  const httplib::Result answer =
      body ? client.Post(route.c_str(), base::dump_json(*body), "application/json")
           : client.Get(route.c_str());
  if (!answer) {
    return base::Error{base::Code::unavailable,
                       "No gateway answers on " + socket.string() +
                           ". Is `sluice serve` running with this configuration?",
                       {}};
  }
  base::JsonLimits limits;  // of our own process's answer: bounded by the result limit it applied
  limits.string = limits.values = std::size_t{64} << 20;
  auto parsed = base::parse_json(answer->body, limits);
  if (!parsed) return parsed.error();
  if (answer->status / 100 != 2) {
    const std::string* sentence = base::find_string(parsed->value, "error");
    return base::Error{
        code_of(answer->status), sentence ? *sentence : "the gateway refused", {}};
  }
  return std::move(parsed->value);
}

}  // namespace gateway::commands
