#pragma once

#include "gateway/list_changes.h"
#include "gateway/methods.h"

namespace gateway {

/// subscriptions/listen (2026-07-28): the answer is a stream that first acknowledges what of the
/// asked is served, then tells of changes, and ends with the result.
base::Task<mcp::Reply> listen(MethodContext& context, ListChanges& changes);

/// GET of a legacy session (2025-11-25, transports): a stream for what belongs to no request.
/// `owner` has that session.
HttpResponse session_stream(base::Loop& loop, EventStream& stream, const pipeline::Principal& owner,
                            const std::string& session, ListChanges& changes, Sessions& sessions);

}  // namespace gateway
