#include "gateway/webhook_config.h"

#include <iterator>
#include <optional>

#include "base/base64.h"
#include "base/tls.h"
#include "gateway/expand.h"

namespace gateway {
namespace {

using base::YamlNode;
using policies::approvals::Notice;

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t shortest_secret = 24, longest_secret = 64;
constexpr Notice all_notices[] = {Notice::created, Notice::escalated, Notice::decided};

// As Standard Webhooks writes a secret. What is wrong is said without it.
std::string read_secret(const YamlNode& node, const std::filesystem::path& directory) {
  const std::string text = expand_or_fail(node, directory);
  if (text.starts_with(secret_prefix)) {
    auto bytes = base::base64_decode(std::string_view(text).substr(secret_prefix.size()));
    const bool fits = bytes && bytes->size() >= shortest_secret && bytes->size() <= longest_secret;
    if (fits) return *std::move(bytes);
  }
  node.fail(
      "expected whsec_ and 24 to 64 bytes in base64, such as whsec_$(openssl rand -base64 32)");
}

Notice read_event(const YamlNode& node) {
  for (const Notice notice : all_notices) {
    if (node.text() == to_string(notice)) return notice;
  }
  node.fail("expected created, escalated or decided; found '" + node.text() + "'");
}

WebhookConfig read_webhook(const YamlNode& node, const std::filesystem::path& directory) {
  WebhookConfig webhook;
  webhook.events = {std::begin(all_notices), std::end(all_notices)};
  bool has_url = false;
  const auto read_url = [&](const YamlNode& value) {
    auto url = base::parse_url(expand_or_fail(value, directory));
    if (!url) value.fail("expected http[s]://HOST[:PORT]/PATH: " + url.error().message);
    webhook.url = *std::move(url);
    has_url = true;
  };
  const auto read_events = [&](const YamlNode& value) {
    webhook.events.clear();
    for (const YamlNode& item : value.items()) webhook.events.insert(read_event(item));
    if (webhook.events.empty()) value.fail("expected at least one of created, escalated, decided");
  };
  const auto read_authorities = [&](const YamlNode& value) {
    webhook.authorities = (directory / expand_or_fail(value, directory)).lexically_normal();
    const auto usable = base::TlsContext::client(webhook.authorities);
    if (!usable) value.fail(usable.error().message);
  };
  base::read_map(
      node,
      {{"url", read_url},
       {"secret", [&](const YamlNode& value) { webhook.secret = read_secret(value, directory); }},
       {"events", read_events},
       {"ca", read_authorities}});
  if (!has_url || webhook.secret.empty()) node.fail("a webhook needs 'url' and 'secret'");
  if (!webhook.authorities.empty() && !webhook.url.secure) {
    node.fail("'ca' is for a url with https://");
  }
  return webhook;
}

}  // namespace

WebhookConfig parse_approvals(const YamlNode& node, const std::filesystem::path& directory) {
  std::optional<WebhookConfig> webhook;
  base::read_map(
      node,
      {{"webhook", [&](const YamlNode& value) { webhook = read_webhook(value, directory); }}});
  if (!webhook) node.fail("expected the key 'webhook'");
  return *std::move(webhook);
}

}  // namespace gateway
