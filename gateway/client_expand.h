#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "gateway/expand.h"

namespace gateway {

/// What the references of a client's file mean.
struct ClientVariables {
  std::filesystem::path workspace;            ///< `${workspaceFolder}`
  std::map<std::string, std::string> inputs;  ///< VS Code: the defaults, by id
  bool translate = false;                     ///< to references of `sluice.yaml` instead of values
};

/// Expands a scalar as clients do: `${VAR}` and `${VAR:-default}` (Claude Code), `${env:VAR}`,
/// `${userHome}`, `${workspaceFolder}`, `${workspaceFolderBasename}`, `${pathSeparator}`, `${/}`
/// (Cursor, VS Code), `${input:ID}` (VS Code). Nobody can be asked here: an input is the variable
/// SLUICE_INPUT_ID, else its default.
Expanded expand_as_client(const base::YamlNode& node, const ClientVariables& variables);

}  // namespace gateway
