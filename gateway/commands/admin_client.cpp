#include "gateway/commands/admin_client.h"

#include <sys/socket.h>

#include <cstdlib>
#include <memory>

#include <httplib.h>

#include "base/yaml.h"
#include "gateway/address_config.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

base::Code code_of(int status) {
  switch (status) {
    case 400:
      return base::Code::invalid;
    case 401:
    case 403:
      return base::Code::unauthorized;
    case 404:
      return base::Code::not_found;
    default:
      return base::Code::refused;
  }
}

std::string name_of(const GatewayAddress& gateway) {
  if (!gateway.url) return gateway.socket.string();
  return (gateway.url->secure ? "https://" : "http://") + gateway.url->authority();
}

std::unique_ptr<httplib::ClientImpl> connect_to(const GatewayAddress& gateway) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (!gateway.url) {
    client = std::make_unique<httplib::ClientImpl>(gateway.socket.string());
    client->set_address_family(AF_UNIX);
    client->set_default_headers({{"Host", "localhost"}});
    return client;
  }
  const base::Url& url = *gateway.url;
  if (url.secure) {
    client = std::make_unique<httplib::SSLClient>(url.host, url.port);
  } else {
    client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
  }
  client->set_default_headers(
      {{"Host", url.authority()}, {"Authorization", "Bearer " + gateway.key}});
  return client;
}

base::Error no_answer(const GatewayAddress& gateway, httplib::Error error) {
  if (!gateway.url) {
    return {base::Code::unavailable,
            "No gateway answers on " + name_of(gateway) +
                ". Is `sluice serve` running with this configuration?",
            {}};
  }
  return {base::Code::unavailable,
          "No gateway answers on " + name_of(gateway) + ": " + httplib::to_string(error) + ".",
          {}};
}

}  // namespace

GatewayAddress chosen_gateway(const Invocation& invocation) {
  if (invocation.admin.empty()) return {load_chosen_config(invocation).admin_socket};
  const auto url = base::parse_url(invocation.admin);
  if (!url || url->target != "/") {
    throw base::ConfigError("--admin: expected http://HOST:PORT or https://HOST:PORT; found '" +
                            invocation.admin + "'");
  }
  const bool near = url->host == "localhost" || is_loopback({url->host, url->port});
  if (!url->secure && !near) {
    throw base::ConfigError("--admin: a key must not cross a network in the clear: use https://");
  }
  const char* key = std::getenv("SLUICE_TOKEN");
  if (key == nullptr || *key == '\0') {
    throw base::ConfigError(
        "--admin: SLUICE_TOKEN must hold your key; sluice key create --person NAME makes one");
  }
  return {{}, *url, key};
}

base::Result<base::Json> ask_gateway(const GatewayAddress& gateway, const std::string& route,
                                     const std::optional<base::Json>& body) {
  const auto client = connect_to(gateway);
  client->set_read_timeout(std::chrono::hours(1));
  const httplib::Result answer =
      body ? client->Post(route.c_str(), base::dump_json(*body), "application/json")
           : client->Get(route.c_str());
  if (!answer) return no_answer(gateway, answer.error());
  base::JsonLimits limits;  // of a gateway's answer: bounded by the result limit that it applied
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

std::string query_value(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string value;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      value.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    value.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return value;
}

}  // namespace gateway::commands
