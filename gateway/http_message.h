#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http_head.h"

namespace gateway {

class EventStream;

/// A complete request as it came in: bounded, its framing unambiguous, nothing decoded.
struct RawRequest {
  std::string head;
  base::HttpHead fields;  ///< views into `head`
  std::string body;
  bool keep_alive = true;
  EventStream* events = nullptr;  ///< what can be sent before the answer; null: nothing can

  RawRequest() = default;
  RawRequest(RawRequest&&) = delete;  // the views would dangle

  bool is_http_1_1() const { return fields.start_line.ends_with("HTTP/1.1"); }
  /// It has been dealt with: what it holds is not needed any more.
  void release_memory() {
    fields = {};
    head = body = std::string();
  }
};

/// An answer. When its request has become an event stream (EventStream::send), `body` is the last
/// event, and status and headers are no longer of interest.
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  ///< the connection cannot be used further
  /// Keeps an event stream open for as long as the client wants it, and is then dropped.
  std::shared_ptr<void> subscription = nullptr;
};

/// Content-Type and body in one.
HttpResponse json_response(int status, std::string body);
/// A short answer for people: `{"error": "sentence"}`.
HttpResponse error_response(int status, std::string_view sentence);
/// The same for a request that was refused before its message was read, of which `begun` is the
/// head, or what came of it. Who posted to an MCP endpoint is told as JSON-RPC, without which
/// clients make up a sentence of their own; the Python SDK wants the id, which is not known, as
/// null. The code is the status: Sluice's own lie outside -32768…-32000.
HttpResponse refusal(std::string_view begun, int status, std::string_view sentence);
/// An answer as JSON-RPC to a message whose id is not known.
HttpResponse rpc_refusal(int status, int code, std::string_view sentence);

/// Whether the Accept headers let the answer be of this type (RFC 9110 §12.5.1, as far as it
/// decides between a type and nothing). `range` is the type's `x/*`.
bool accepts(const base::HttpFields& fields, std::string_view type, std::string_view range);
inline bool accepts_json(const base::HttpFields& fields) {
  return accepts(fields, "application/json", "application/*");
}
inline bool accepts_event_stream(const base::HttpFields& fields) {
  return accepts(fields, "text/event-stream", "text/*");
}

/// How a response goes out.
struct Delivery {
  std::string_view request_id;  ///< as X-Request-Id
  bool keep_alive = true;
  bool head_only = false;  ///< the answer to HEAD: the length of a body that does not follow
};
std::string serialize(const HttpResponse& response, const Delivery& delivery);
/// The head of an event stream; not `chunked`: it ends with the connection.
std::string stream_head(const Delivery& delivery, bool chunked);

}  // namespace gateway
