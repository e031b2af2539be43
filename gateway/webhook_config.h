#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "base/url.h"
#include "base/yaml.h"
#include "policies/approvals/approvals.h"

namespace gateway {

/// `webhook` under `approvals`: where to say that an approval needs people, or has been decided.
struct WebhookConfig {
  base::Url url;
  std::string secret;                 ///< the key's bytes; never printed
  std::filesystem::path authorities;  ///< PEM file; empty: those of the system
  std::set<policies::approvals::Notice> events;
};

/// The map under `approvals`. Throws base::ConfigError.
WebhookConfig parse_approvals(const base::YamlNode& node, const std::filesystem::path& directory);

}  // namespace gateway
