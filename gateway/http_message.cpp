#include "gateway/http_message.h"

#include <algorithm>

#include "base/json.h"

namespace gateway {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

// Looks at bytes, parses nothing: what posts to /mcp or to a view of it.
bool posts_message(std::string_view begun) {
  constexpr std::string_view posting = "POST /mcp";
  if (!begun.starts_with(posting) || begun.size() == posting.size()) return false;
  const char behind = begun[posting.size()];
  return behind == ' ' || behind == '/' || behind == '?';
}

}  // namespace

HttpResponse json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body), false};
}

HttpResponse error_response(int status, std::string_view sentence) {
  return json_response(status, base::dump_json({{"error", sentence}}));
}

HttpResponse rpc_refusal(int status, int code, std::string_view sentence) {
  return json_response(status, base::dump_json({{"jsonrpc", "2.0"},
                                                {"id", nullptr},
                                                {"error", {{"code", code}, {"message", sentence}}}}));
}

HttpResponse refusal(std::string_view begun, int status, std::string_view sentence) {
  if (posts_message(begun)) return rpc_refusal(status, status, sentence);
  return error_response(status, sentence);
}

bool accepts(const base::HttpFields& fields, std::string_view type, std::string_view range) {
  if (fields.count("accept") == 0) return true;
  return std::any_of(fields.all.begin(), fields.all.end(), [&](const base::HttpField& field) {
    if (!base::same_name(field.name, "accept")) return false;
    for (const std::string_view allowed : {type, range, std::string_view("*/*")}) {
      if (field.value.find(allowed) != std::string_view::npos) return true;
    }
    return false;
  });
}

std::string stream_head(const Delivery& delivery, bool chunked) {
  std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
      "X-Accel-Buffering: no\r\nX-Request-Id: ";  // 2026-07-28, transports: proxies must not hold
                                                  // it
  text.append(delivery.request_id).append("\r\n");
  if (!delivery.keep_alive) text.append("Connection: close\r\n");
  text.append(chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
  return text;
}

std::string serialize(const HttpResponse& response, const Delivery& delivery) {
  std::string text;
  text.reserve(256 + response.body.size());
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text.append("X-Request-Id: ").append(delivery.request_id).append("\r\n");
  if (!delivery.keep_alive) text.append("Connection: close\r\n");
  if (response.status != 204) {
    text.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  text.append("\r\n");
  if (!delivery.head_only) text.append(response.body);
  return text;
}

}  // namespace gateway
