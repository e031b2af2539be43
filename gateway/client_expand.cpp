#include "gateway/client_expand.h"

#include <cctype>
#include <cstdlib>

namespace gateway {
namespace {

std::string input_variable(const std::string& id) {
  std::string name = "SLUICE_INPUT_";
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    name.push_back(std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_');
  }
  return name;
}

// A variable's value, or the reference that stands for it in `sluice.yaml`.
std::optional<std::string> variable(const Reference& reference, bool translate,
                                    std::string& missing) {
  if (!translate) return read_variable(reference, missing);
  return "${env:" + reference.name + (reference.fallback ? ":-" + *reference.fallback : "") + "}";
}

std::optional<std::string> predefined(const std::string& name, const ClientVariables& variables) {
  if (name == "workspaceFolder") return variables.workspace.string();
  if (name == "workspaceFolderBasename") return variables.workspace.filename().string();
  if (name == "pathSeparator" || name == "/") return "/";
  if (name != "userHome") return std::nullopt;
  const char* home = std::getenv("HOME");
  return home ? std::optional<std::string>(home) : std::nullopt;
}

}  // namespace

Expanded expand_as_client(const base::YamlNode& node, const ClientVariables& variables) {
  const ReferenceLookup lookup = [&](const base::YamlNode&, const Reference& reference,
                                     std::string& missing) -> std::optional<std::string> {
    if (reference.kind.empty()) {
      if (auto value = predefined(reference.name, variables)) return value;
    }
    if (reference.kind.empty() || reference.kind == "env") {
      return variable(reference, variables.translate, missing);
    }
    if (reference.kind == "input") {
      Reference input{"env", input_variable(reference.name), reference.fallback};
      const auto preset = variables.inputs.find(reference.name);
      if (preset != variables.inputs.end()) input.fallback = preset->second;
      auto value = variable(input, variables.translate, missing);
      if (!value && input.fallback) return input.fallback;
      if (!value) missing = "the input " + reference.name + " has no value: set " + input.name;
      return value;
    }
    missing = "${" + reference.kind + ":" + reference.name + "} has no value outside of its client";
    return std::nullopt;
  };
  return expand_references(node, lookup);
}

}  // namespace gateway
