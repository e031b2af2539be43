#include "policies/verify_warnings.h"

#include <algorithm>

#include "base/yaml.h"
#include "policies/policy.h"

namespace policies {
namespace {

/// Gathers them for one entry under `tools` after the other.
class VerifyWarnings {
 public:
  VerifyWarnings(const PolicyDocument& document, const std::vector<std::string>& servers)
      : policy_(document), servers_(servers) {}

  std::vector<std::string> all(const std::vector<ToolSettings>& tools) {
    for (const ToolSettings& tool : tools) {
      if (!tool.verify) continue;
      unknown_server(tool);
      unknown_effect(tool);
      for (const std::string& agent : policy_.agent_names()) not_asked_for(agent, tool);
    }
    return std::move(warnings_);
  }

 private:
  void warn(const ToolSettings& tool, const std::string& sentence) {
    warnings_.push_back(tool.verify->place + ": tool " + tool.pattern + ": verify: " + sentence);
  }

  void unknown_server(const ToolSettings& tool) {
    const std::string& server = tool.verify->server;
    if (servers_.empty() || std::ranges::find(servers_, server) != servers_.end()) return;
    const std::string near = base::nearest_name(server, servers_);
    warn(tool, "there is no server '" + server + "'" +
                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }

  void unknown_effect(const ToolSettings& tool) {
    const Verification& verify = *tool.verify;
    if (policy_.effect_of(verify.server, verify.tool)) return;
    warn(tool, "nothing here says that " + verify.id() +
                   " is read_only: unless its server is trusted and says so, " + tool.pattern +
                   " is not offered");
  }

  // It is asked under the rights of whoever made the call. What a pattern stands for is called by
  // the pattern's own text, stars and all.
  void not_asked_for(const std::string& agent, const ToolSettings& tool) {
    const Verification& verify = *tool.verify;
    const std::size_t slash = tool.pattern.find('/');
    if (slash == std::string::npos) return;
    const auto called =
        policy_.decide(agent, tool.pattern.substr(0, slash), tool.pattern.substr(slash + 1));
    if (!called.listed) return;
    if (!policy_.decide(agent, verify.server, verify.tool).listed) {
      warn(tool, "agent " + agent + " may call it and may not call " + verify.id() +
                     ": what became of its calls is not found out");
    } else if (!policy_.approval_terms(agent, verify.server, verify.tool, base::Json::object())
                    .empty()) {
      warn(tool, "people are asked about calls of " + verify.id() + " by agent " + agent +
                     ": what became of its calls is not found out, because nobody is asked then");
    }
  }

  const Policy policy_;
  const std::vector<std::string>& servers_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> verify_warnings(const PolicyDocument& document,
                                         const std::vector<std::string>& servers) {
  const bool none = std::ranges::none_of(
      document.tools, [](const ToolSettings& tool) { return tool.verify.has_value(); });
  if (none) return {};
  return VerifyWarnings(document, servers).all(document.tools);
}

}  // namespace policies
