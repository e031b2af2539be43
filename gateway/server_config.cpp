#include "gateway/server_config.h"

#include "gateway/server_reader.h"

namespace gateway {

void ServerList::read(const base::YamlNode& node, const std::filesystem::path& directory) {
  const ServerRules rules{
      directory, [&](const base::YamlNode& value) { return expand(value, directory); }, nullptr};
  for (const auto& [key, value] : node.entries()) {
    const std::string name = key.text();
    if (!is_server_name(name)) {
      key.fail(
          "the name of a server is 1 to 32 letters, digits, '_' and '-' without '__'; found '" +
          name + "'");
    }
    const auto [earlier, is_new] = places_.emplace(name, key);
    if (!is_new) {
      key.fail("the server '" + name + "' is defined twice: here and at " +
               earlier->second.where());
    }
    servers_.push_back(read_server(name, value, rules));
  }
}

}  // namespace gateway
