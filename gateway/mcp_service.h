#pragma once

#include <string>

#include "gateway/client_questions.h"
#include "gateway/connection.h"
#include "gateway/list_changes.h"
#include "gateway/methods.h"
#include "gateway/requests_in_flight.h"

namespace gateway {

/// `/mcp` for an authenticated client: HTTP ⇄ JSON-RPC. Bodies are parsed once, strictly.
/// Thread-safe.
class McpService {
 public:
  McpService(const pipeline::CurrentSnapshot& snapshot, const pipeline::Pipeline& calls,
             Sessions& sessions, ListChanges& changes, ClientQuestions& questions,
             const base::Limits& limits);

  /// Whether the policy has a view of this name.
  bool serves_view(std::string_view name) const { return snapshot_.get()->policy->has_view(name); }

  base::Task<HttpResponse> handle(base::Loop& loop, const RawRequest& request,
                                  const std::string& method, const std::string& request_id,
                                  const pipeline::Principal& principal);

 private:
  base::Task<HttpResponse> post(base::Loop& loop, const RawRequest& request,
                                const std::string& request_id,
                                const pipeline::Principal& principal);
  base::Task<HttpResponse> answer(MethodContext& context);
  /// nullopt: the message may go on; of a legacy one `facts` are then its session's.
  std::optional<HttpResponse> check_session(const mcp::Message& message,
                                            const mcp::InboundHeaders& headers,
                                            const pipeline::Principal& principal,
                                            const mcp::Inbound& inbound, SessionFacts& facts);
  HttpResponse take_notification(const mcp::Message& message, const mcp::InboundHeaders& headers,
                                 const pipeline::Principal& principal);
  base::Task<HttpResponse> take_response(mcp::Response response, std::string session,
                                         const pipeline::Principal& principal);
  HttpResponse open_stream(base::Loop& loop, const RawRequest& request,
                           const pipeline::Principal& principal);
  HttpResponse end_session(const RawRequest& request, const pipeline::Principal& principal);

  const pipeline::CurrentSnapshot& snapshot_;
  Sessions& sessions_;
  ListChanges& changes_;
  ClientQuestions& questions_;
  const base::Limits& limits_;
  mcp::MethodTable<MethodContext> methods_;
  RequestsInFlight in_flight_;
};

}  // namespace gateway
