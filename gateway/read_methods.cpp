#include "gateway/read_methods.h"

#include <algorithm>
#include <utility>

#include "gateway/run_method.h"

namespace gateway {

using base::Json;
using mcp::Reply;

base::Task<Reply> get_prompt(MethodContext& context, const pipeline::Pipeline& calls) {
  const mcp::Request& request = context.request;
  const std::string* name = base::find_string(request.params, "name");
  if (name == nullptr) co_return invalid_params(request, "name must be a string");
  pipeline::Call call = begin_call(context, policies::Primitive::prompt, *name);
  if (auto taken = take_arguments(context, call); !taken) {
    co_return invalid_params(request, taken.error().message);
  }
  const Json& arguments = call.arguments.value();
  const auto is_text = [](const Json& value) { return value.is_string(); };
  if (!std::all_of(arguments.begin(), arguments.end(), is_text)) {
    co_return invalid_params(request, "the arguments of a prompt must be strings");
  }
  co_return co_await run_call(context, call, calls);
}

base::Task<Reply> read_resource(MethodContext& context, const pipeline::Pipeline& calls) {
  const std::string* uri = base::find_string(context.request.params, "uri");
  if (uri == nullptr) co_return invalid_params(context.request, "uri must be a string");
  pipeline::Call call = begin_call(context, policies::Primitive::resource, *uri);
  co_return co_await run_call(context, call, calls);
}

}  // namespace gateway
