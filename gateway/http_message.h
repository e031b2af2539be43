#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/http_head.h"

namespace gateway {

/// A complete request as it came in: bounded, its framing unambiguous, nothing decoded.
struct RawRequest {
  std::string head;
  base::HttpHead fields;  ///< views into `head`
  std::string body;
  bool keep_alive = true;

  RawRequest() = default;
  RawRequest(RawRequest&&) = delete;  // the views would dangle
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  ///< the connection cannot be used further
};

/// Content-Type and body in one.
HttpResponse json_response(int status, std::string body);
/// A short answer for people: `{"error": "sentence"}`.
HttpResponse error_response(int status, std::string_view sentence);

/// How a response goes out.
struct Delivery {
  std::string_view request_id;  ///< as X-Request-Id
  bool keep_alive = true;
  bool head_only = false;  ///< the answer to HEAD: the length of a body that does not follow
};
std::string serialize(const HttpResponse& response, const Delivery& delivery);

}  // namespace gateway
