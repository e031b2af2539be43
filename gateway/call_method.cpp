#include "gateway/call_method.h"

#include <utility>

#include "gateway/run_method.h"
#include "mcp/messages.h"
#include "mcp/param_headers.h"

namespace gateway {
namespace {

using mcp::Reply;

// The headers that mirror arguments must agree with them. Asked only for a tool that the caller may
// call: a stranger learns nothing of its schema.
std::optional<std::string> param_mismatch(const MethodContext& context,
                                          const pipeline::Call& call) {
  if (context.inbound.era == mcp::Era::legacy) return std::nullopt;
  const tools::CatalogEntry* entry = call.snapshot->catalog->find(call.asked);
  if (entry == nullptr || entry->tool->param_headers.empty()) return std::nullopt;
  const auto decision =
      call.snapshot->policy->decide(policies::Caller{call.principal.agent, call.principal.view},
                                    entry->server(), entry->tool->name);
  if (!decision.listed) return std::nullopt;
  const auto lookup = [](const void* fields, std::string_view name) {
    return static_cast<const base::HttpFields*>(fields)->find(name);
  };
  return mcp::param_header_mismatch(entry->tool->param_headers, call.arguments.value(), lookup,
                                    &context.fields);
}

}  // namespace

base::Task<Reply> call_tool(MethodContext& context, const pipeline::Pipeline& calls) {
  const mcp::Request& request = context.request;
  const std::string* name = base::find_string(request.params, "name");
  if (name == nullptr) co_return invalid_params(request, "name must be a string");
  pipeline::Call call = begin_call(context, policies::Primitive::tool, *name);
  if (auto taken = take_arguments(context, call); !taken) {
    co_return invalid_params(request, taken.error().message);
  }
  if (auto mismatch = param_mismatch(context, call)) {
    co_return Reply{
        400,
        mcp::error_text(request.id, {mcp::code::header_mismatch, std::move(*mismatch), {}}),
        {}};
  }
  co_return co_await run_call(context, call, calls);
}

}  // namespace gateway
