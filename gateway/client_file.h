#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config.h"

namespace gateway {

/// The servers of an MCP client's configuration file.
struct ClientFile {
  std::vector<ServerConfig> servers;
  std::vector<std::string> ignored;  ///< keys that are not known
  std::vector<std::string> notes;    ///< sentences: entries skipped, names changed
};

/// What becomes of references such as `${TOKEN}`: their values, or the references of `sluice.yaml`.
enum class ClientReferences { expand, translate };

/// Reads a file of Claude Desktop, Claude Code, Cursor (`mcpServers`) or VS Code (`servers`,
/// `inputs`), JSON with comments, with the references that these clients know. An entry that cannot
/// be used is turned off, or skipped when it leads back to `gateway`. Throws base::ConfigError for
/// a file that is none of these.
ClientFile load_client_file(const std::filesystem::path& file, const ListenAddress& gateway,
                            ClientReferences references = ClientReferences::expand);

/// A configuration made of a client's file alone (design §4): loopback, the agent `local`, and
/// state in a directory of its own below $XDG_STATE_HOME or ~/.local/state.
Config client_config(const std::filesystem::path& file, const ListenAddress& listen,
                     ClientFile client);

/// JSON with comments made plain: comments become blanks, so that places stay what they are.
std::string blank_comments(std::string text);

}  // namespace gateway
