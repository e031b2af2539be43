#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// What the programs here look at in a JSON-RPC message, request or response.
struct Message {
  std::string id;       ///< as JSON text; "" when absent
  std::string method;   ///< ""
  std::string name;     ///< params.name
  std::string message;  ///< params.arguments.message
  std::string version;  ///< params.protocolVersion
  std::string text;     ///< result.content[].text, the last
  bool failed = false;  ///< an error, or a result with isError
};

/// Reads it in one pass, building no tree. Nothing when the text is not JSON.
std::optional<Message> read_message(std::string_view json);

/// `text` as a JSON string, quotes included.
std::string json_text(const std::string& text);

}  // namespace bench
