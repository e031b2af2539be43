#include <utility>

#include <asio/post.hpp>

#include "base/await_callback.h"
#include "base/crypto.h"
#include "tools/upstream.h"

namespace tools {

/// What came of what a server lists.
struct Upstream::Prepared {
  std::string fingerprint;
  std::shared_ptr<ServerTools> offered;  // null when the fingerprint is the one there was
};

// Lists may be long and their schemas take seconds to compile: that is for a thread of its own.
base::Task<Upstream::Prepared> Upstream::prepare(mcp::Offers offers) {
  const auto work = [&] {
    std::string listed = settings_.prefix + "\n";
    for (const auto* list :
         {&offers.tools, &offers.prompts, &offers.resources, &offers.templates}) {
      for (const base::Json& entry : *list) listed.append(base::dump_json(entry)).append("\n");
      listed.append("\n");
    }
    for (const std::string& complaint : offers.complaints) listed.append(complaint).append("\n");
    Prepared prepared{base::blake2b_hex(listed), nullptr};
    if (prepared.fingerprint != fingerprint_) prepared.offered = make_tools(std::move(offers));
    offers = {};  // freeing them takes its time as well
    return prepared;
  };
  co_return co_await base::await_callback<Prepared>([&](std::function<void(Prepared)> done) {
    asio::post(workshop_, [&work, done = std::move(done)] { done(work()); });
  });
}

std::shared_ptr<ServerTools> Upstream::make_tools(mcp::Offers offers) const {
  auto tools = std::make_shared<ServerTools>();
  tools->server = settings_.name;
  tools->prefix = settings_.prefix;
  tools->trusted = settings_.trusted;
  tools->tools = compile_tools(std::move(offers.tools), limits_);
  tools->prompts = read_prompts(std::move(offers.prompts));
  tools->resources = read_resources(std::move(offers.resources));
  tools->templates = read_templates(std::move(offers.templates));
  return tools;
}

// What is as it was stays what it is: schemas are not compiled again, and nobody is told. What the
// link says of a loss meanwhile stands. Whether it is news.
base::Task<bool> Upstream::take(Discovery found) {
  const std::vector<std::string> complaints = found.offers.complaints;
  Prepared prepared = co_await prepare(std::move(found.offers));
  const bool is_news = prepared.offered != nullptr;
  if (is_news) {
    fingerprint_ = std::move(prepared.fingerprint);
    for (const std::string& complaint : complaints) {
      log_.write(base::LogLevel::warn, "server_list",
                 {{"server", settings_.name}, {"reason", shown(complaint)}});
    }
  }
  const bool usable = link_->usable();
  {
    const std::lock_guard lock(mutex_);
    if (is_news) tools_ = std::move(prepared.offered);
    status_.revision = found.handshake.revision;
    if (usable) {
      const bool began = is_news || status_.state != UpstreamStatus::State::ready;
      if (began) status_.since = std::chrono::system_clock::now();
      status_.state = state_ = UpstreamStatus::State::ready;
      status_.reason.clear();
    }
  }
  if (is_news) {
    settled_ = true;
    on_change_();
  }
  was_asked_ = true;
  co_return is_news;
}

}  // namespace tools
