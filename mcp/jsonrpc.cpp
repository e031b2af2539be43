#include "mcp/jsonrpc.h"

#include <limits>
#include <utility>

namespace mcp {
namespace {

using base::Json;

constexpr std::size_t longest_id = 256;
constexpr std::string_view opening = R"({"jsonrpc":"2.0")";

base::Error invalid(std::string message) { return {base::Code::invalid, std::move(message), {}}; }

// The integer that stands in JSON without fraction and fits 64 bits with sign.
std::optional<std::int64_t> integer_of(const Json& value) {
  if (const auto* positive = value.get_ptr<const std::uint64_t*>()) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    if (*positive > largest) return std::nullopt;
    return static_cast<std::int64_t>(*positive);
  }
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

// Moves a member out; null when there is none.
Json take(Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? Json() : std::move(*member);
}

base::Result<Message> parse_call(Json& value) {
  const std::string* method = base::find_string(value, "method");
  if (method == nullptr) return invalid("The member \"method\" must be a string.");
  const Json* params = base::find_member(value, "params");
  if (params != nullptr && !params->is_object()) {
    return invalid("The member \"params\" must be an object.");
  }
  const Json* id_member = base::find_member(value, "id");
  if (id_member == nullptr) return Message(Notification{*method, take(value, "params")});
  auto id = parse_id(*id_member);
  if (!id) {
    return invalid("The member \"id\" must be an integer or a string of at most 256 bytes.");
  }
  return Message(Request{std::move(*id), *method, take(value, "params")});
}

base::Result<Message> parse_error_response(Json& value, std::optional<Id> id) {
  const Json& error = *base::find_member(value, "error");
  const Json* code_member = base::find_member(error, "code");
  const std::string* message = base::find_string(error, "message");
  const auto number = code_member == nullptr ? std::nullopt : integer_of(*code_member);
  if (!number || *number < std::numeric_limits<int>::min() ||
      *number > std::numeric_limits<int>::max() || message == nullptr) {
    return invalid("The member \"error\" must be an object with an integer code and a message.");
  }
  RpcError taken{static_cast<int>(*number), *message, take(value["error"], "data")};
  return Message(Response{std::move(id), Json(), std::move(taken)});
}

base::Result<Message> parse_response(Json& value) {
  const Json* result = base::find_member(value, "result");
  const bool is_error = base::find_member(value, "error") != nullptr;
  if ((result != nullptr) == is_error) {
    return invalid(is_error ? "A response must not have both a result and an error."
                            : "The message is neither a request nor a response.");
  }
  const Json* id_member = base::find_member(value, "id");
  std::optional<Id> id;
  if (id_member != nullptr) id = parse_id(*id_member);
  // Before 2026-07-28 an unreadable id was answered with null.
  const bool id_unread = id_member == nullptr || id_member->is_null();
  if (!id && !(is_error && id_unread)) {
    return invalid("The member \"id\" must be an integer or a string of at most 256 bytes.");
  }
  if (is_error) return parse_error_response(value, std::move(id));
  if (!result->is_object()) return invalid("The member \"result\" must be an object.");
  return Message(Response{std::move(id), take(value, "result"), std::nullopt});
}

void append_id(std::string& out, const Id& id) {
  out += ",\"id\":";
  if (const auto* number = std::get_if<std::int64_t>(&id)) {
    out += std::to_string(*number);
  } else {
    base::append_json_string(out, std::get<std::string>(id));
  }
}

void append_member(std::string& out, std::string_view name, const Json& value) {
  out += ",\"";
  out += name;
  out += "\":";
  base::append_json(out, value);
}

}  // namespace

std::optional<Id> parse_id(const Json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) {
    if (text->size() > longest_id) return std::nullopt;
    return *text;
  }
  if (const auto number = integer_of(value)) return *number;
  return std::nullopt;
}

base::Result<Message> parse_message(Json&& value) {
  if (value.is_array()) {
    return invalid("Batches are not supported: send one message per request.");
  }
  if (!value.is_object()) return invalid("A JSON-RPC message must be an object.");
  const std::string* version = base::find_string(value, "jsonrpc");
  if (version == nullptr || *version != "2.0") {
    return invalid("The member \"jsonrpc\" must be \"2.0\".");
  }
  if (base::find_member(value, "method") == nullptr) return parse_response(value);
  if (base::find_member(value, "result") != nullptr ||
      base::find_member(value, "error") != nullptr) {
    return invalid("A message must not be both a request and a response.");
  }
  return parse_call(value);
}

std::optional<Id> readable_id(const Json& value) {
  const Json* id = base::find_member(value, "id");
  return id == nullptr ? std::nullopt : parse_id(*id);
}

std::string request_text(const Id& id, std::string_view method, std::string_view params) {
  std::string out;
  out.reserve(opening.size() + params.size() + method.size() + 64);
  out += opening;
  append_id(out, id);
  out += R"(,"method":)";
  base::append_json_string(out, method);
  out.append(R"(,"params":)").append(params) += '}';
  return out;
}

std::string notification_text(std::string_view method, const Json& params) {
  std::string out(opening);
  out += R"(,"method":)";
  base::append_json_string(out, method);
  if (!params.is_null()) append_member(out, "params", params);
  out += '}';
  return out;
}

std::string result_text(const Id& id, const Json& result) {
  std::string out(opening);
  append_id(out, id);
  append_member(out, "result", result);
  out += '}';
  return out;
}

std::string result_text_of(const Id& id, std::string_view result) {
  std::string out;
  out.reserve(opening.size() + result.size() + 64);
  out += opening;
  append_id(out, id);
  out.append(R"(,"result":)").append(result) += '}';
  return out;
}

std::string error_text(const std::optional<Id>& id, const RpcError& error) {
  std::string out(opening);
  if (id) append_id(out, *id);
  out += R"(,"error":{"code":)";
  out += std::to_string(error.code);
  out += R"(,"message":)";
  base::append_json_string(out, error.message);
  if (!error.data.is_null()) append_member(out, "data", error.data);
  out += "}}";
  return out;
}

Json to_json(const Id& id) {
  return std::visit([](const auto& value) { return Json(value); }, id);
}

}  // namespace mcp
