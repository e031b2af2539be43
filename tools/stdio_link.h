#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "tools/stdio_pool.h"
#include "tools/upstream_link.h"

namespace tools {

/// A server that the gateway starts: one child for all, or one for each agent or session. Clients
/// of 2026-07-28 have no sessions: with `instances: session`, all of one agent's share a child.
class StdioLink final : public UpstreamLink {
 public:
  /// It is lost when a child that all share has ended. Children live on loop 0, and hold what
  /// `anchor` returns until they have ended.
  StdioLink(const UpstreamSettings& settings, base::EventLoops& loops, base::ProcessKeeper& keeper,
            const base::Limits& limits, base::Log& log, LinkEvents events,
            std::function<Anchor()> anchor);

  base::Task<base::Result<Discovery>> discover() override;
  base::Task<base::Result<std::optional<Discovery>>> refresh() override;
  bool usable() const override;
  base::Task<base::Result<std::unique_ptr<mcp::Exchange>>> call(base::Loop& loop, Caller caller,
                                                                mcp::ServerCall call) override;
  void tend() override;
  void reset() override;
  void end() override;
  bool can_crash() const override { return true; }
  std::size_t instances() const override;

 private:
  bool is_shared() const { return instances_ == Instances::shared; }
  std::string owner_of(const Caller& caller) const;
  base::Task<StdioStarter::Started> start_or_take_first(StdioStarter::OnEnd on_end);
  void note_end(const std::shared_ptr<StdioInstance>& instance, const std::string& reason);
  std::shared_ptr<StdioInstance> first() const;

  const UpstreamSettings& settings_;
  const Instances instances_;
  base::Loop& home_;
  const base::Limits& limits_;
  LinkEvents events_;
  std::function<Anchor()> anchor_;
  StdioStarter starter_;
  StdioPool pool_;
  // Of the home loop:
  std::shared_ptr<StdioStarter::OnEnd> first_end_;  // what the end of first_ means now
  std::weak_ptr<mcp::StdioChannel> discovered_over_;

  mutable std::mutex mutex_;  // guards what follows
  bool discovered_ = false;
  /// The child that was asked what the server offers: the shared one, or else the first owner's.
  std::shared_ptr<StdioInstance> first_;
};

}  // namespace tools
