#include "gateway/monitor.h"

#include <asio/ip/address.hpp>

namespace gateway {
namespace {

// Whether the Host header is an address: monitoring often knows no name, and a page that a browser
// was tricked into (DNS rebinding) comes with one.
bool is_by_address(const base::HttpFields& fields) {
  std::string_view host = fields.find("host").value_or("");
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  std::error_code error;
  asio::ip::make_address(std::string(host), error);
  return !error;
}

}  // namespace

base::Task<HttpResponse> Monitor::handle(base::Loop&, const RawRequest& request, const std::string&,
                                         const std::string&) {
  if (auto probe = answer_probe(request, readiness_)) co_return std::move(*probe);
  const base::HttpFields& fields = request.fields.fields;
  const bool foreign = fields.count("origin") > 0 || (!is_by_address(fields) && guard_.refuse(fields));
  if (foreign) co_return error_response(403, "The Host header is none of this gateway's names.");
  if (request.fields.start_line.starts_with("GET /metrics ")) co_return metrics_.page();
  co_return error_response(404, "There is nothing here but /metrics, /healthz and /readyz.");
}

}  // namespace gateway
