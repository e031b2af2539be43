#include "policies/policy_files.h"

#include "base/yaml.h"
#include "policies/policy_builder.h"

namespace policies {

PolicyDocument load_policy_files(const std::vector<std::filesystem::path>& files) {
  PolicyBuilder builder;
  for (const auto& file : files) builder.read_file(base::YamlNode::load(file.string()));
  return builder.finish();
}

PolicyDocument parse_policies(const std::vector<std::pair<std::string, std::string>>& texts) {
  PolicyBuilder builder;
  for (const auto& [text, name] : texts) builder.read_file(base::YamlNode::parse(text, name));
  return builder.finish();
}

PolicyDocument parse_policy(const std::string& text, const std::string& file) {
  return parse_policies({{text, file}});
}

}  // namespace policies
