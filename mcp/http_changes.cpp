#include "mcp/http_changes.h"

#include <utility>

#include "mcp/messages.h"

namespace mcp {

base::Task<base::Result<Changes>> HttpChanges::next() {
  if (cancellation_->requested()) {
    co_return base::Error{base::Code::cancelled, "nobody listens any more", {}};
  }
  const base::CancellationScope scope(cancellation_, [this] { response_.abort(); });
  response_.set_deadline(std::chrono::steady_clock::now() + silence);
  std::string piece;
  auto more = co_await response_.read(piece, limits_.result);
  if (!more) co_return more.error();
  Changes end;
  end.ended = true;
  if (!*more) co_return end;
  auto changes = reader_.feed(piece);
  if (!changes) co_return changes.error();
  for (const Request& request : changes->asked) talk_back_(unserved_text(request));
  co_return changes;
}

}  // namespace mcp
