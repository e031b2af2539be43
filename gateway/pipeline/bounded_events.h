#pragma once

#include <utility>

#include "base/limits.h"
#include "gateway/pipeline/event_sink.h"

namespace gateway::pipeline {

/// The filter of what comes before an outcome: a notification beyond the bound is dropped, since
/// nothing depends on it.
class BoundedEvents final : public EventSink {
 public:
  BoundedEvents(EventSink& caller, const base::Limits& limits) : caller_(caller), limits_(limits) {}

  void notify(mcp::Notification notification, std::size_t bytes) override {
    if (bytes <= limits_.notification) caller_.notify(std::move(notification), bytes);
  }

 private:
  EventSink& caller_;
  const base::Limits& limits_;
};

}  // namespace gateway::pipeline
