#include "runtime/runtime.h"

#include <utility>

#include <asio/post.hpp>

#include "base/tls.h"
#include "runtime/http_model.h"
#include "runtime/memory_contexts.h"
#include "runtime/redis_contexts.h"
#include "runtime/scripted_model.h"

namespace runtime {
namespace {

constexpr std::chrono::milliseconds tools_pause{50};
constexpr std::chrono::seconds longest_wait_for_tools{60};

base::Result<std::unique_ptr<Model>> make_model(const ModelSettings& settings,
                                                const base::Limits& limits) {
  using Made = base::Result<std::unique_ptr<Model>>;
  if (settings.api == ModelSettings::Api::scripted) {
    auto script = load_script(settings.script);
    if (!script) return script.error();
    return Made(std::make_unique<ScriptedModel>(*std::move(script)));
  }
  ModelEndpoint endpoint{settings.url, settings.model, settings.api_key, nullptr};
  if (settings.url.secure) {
    auto tls = base::TlsContext::client({});
    if (!tls) return tls.error();
    endpoint.tls = *std::move(tls);
  }
  auto dialect =
      settings.api == ModelSettings::Api::openai ? openai_dialect() : anthropic_dialect();
  return Made(std::make_unique<HttpModel>(std::move(endpoint), std::move(dialect), limits));
}

std::unique_ptr<Contexts> make_contexts(const Runtime::Dependencies& d, const RunRecords& records) {
  if (!d.redis) return std::make_unique<MemoryContexts>();
  return std::make_unique<RedisContexts>(d.loops, *d.redis, records);
}

}  // namespace

base::Result<std::unique_ptr<Runtime>> Runtime::open(Settings settings, base::Sealer sealer,
                                                     const Dependencies& dependencies) {
  std::map<std::string, OfferedModel> models;
  for (const auto& [name, model] : settings.models) {
    auto made = make_model(model, dependencies.limits);
    if (!made) return made.error();
    models.emplace(name, OfferedModel{model, *std::move(made)});
  }
  return std::unique_ptr<Runtime>(
      new Runtime(std::move(settings), std::move(sealer), std::move(models), dependencies));
}

Runtime::Runtime(Settings settings, base::Sealer sealer, std::map<std::string, OfferedModel> models,
                 const Dependencies& dependencies)
    : settings_(std::move(settings)),
      d_(dependencies),
      sealer_(std::move(sealer)),
      records_(sealer_),
      models_(std::move(models)),
      contexts_(make_contexts(d_, records_)),
      reader_(d_.journal_file, records_) {}

std::vector<std::string> Runtime::agents() const {
  std::vector<std::string> names;
  for (const auto& [name, agent] : settings_.agents) names.push_back(name);
  return names;
}

std::shared_ptr<Run> Runtime::add(const std::string& id, bool found) {
  const std::lock_guard lock(mutex_);
  if (runs_.size() >= most_runs && !found) return nullptr;
  base::Loop& loop = d_.loops.at(next_loop_++ % d_.loops.size());
  const RunServices services{d_.journal,   d_.log,  d_.calls, d_.snapshot, d_.ledger,
                             d_.approvals, models_, records_, reader_,     *contexts_,
                             feed_,        clock_,  going_};
  auto run = std::make_shared<Run>(id, services, loop);
  runs_.emplace(id, Living{run, found});
  return run;
}

std::shared_ptr<Run> Runtime::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : found->second.run;
}

void Runtime::remove(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    runs_.erase(id);
  }
  feed_.close(id);
}

void Runtime::drain() {
  going_.draining = true;
  feed_.wake_all();
}

void Runtime::take_over(const base::JournalRecord& opened) { add(opened.key, true); }

void Runtime::start() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, living] : runs_) {
    if (living.found) living.run->loop().spawn(live(living));
  }
}

// A model that is shown half of the tools, or a call to a tool that is not there yet, would be a
// wrong observation.
base::Task<bool> Runtime::wait_for_tools(base::Loop& loop) {
  const auto until = std::chrono::steady_clock::now() + longest_wait_for_tools;
  while (!d_.tools_known() && std::chrono::steady_clock::now() < until) {
    if (!co_await loop.sleep(tools_pause)) co_return false;
  }
  co_return !loop.ending();
}

base::Task<void> Runtime::live(Living living) {
  Run& run = *living.run;
  const base::Error stopping{base::Code::unavailable, "The gateway is stopping.", {}};
  if (!co_await wait_for_tools(run.loop())) {
    run.give_up(stopping);
    co_return;
  }
  if (living.found) {
    const base::Status recovered = co_await run.recover();
    if (!recovered) {
      d_.log.write(base::LogLevel::error, "run_unreadable",
                   {{"run", run.id()}, {"reason", recovered.error().message}});
      run.give_up(recovered.error());
      co_return;
    }
  }
  if (co_await run.drive()) co_return remove(run.id());
  run.give_up(stopping);
}

base::Task<base::Result<std::string>> Runtime::begin(std::string agent, std::string goal,
                                                     std::string owner, std::string by) {
  const AgentSettings& settings = settings_.agents.at(agent);
  const policies::Agent* known = d_.snapshot.get()->policy->find_agent(agent);
  if (known == nullptr) {
    co_return base::Error{base::Code::not_found, "The policy names no agent " + agent + ".", {}};
  }
  const std::string id = new_run_id();
  const auto run = add(id, false);
  if (!run) co_return base::Error{base::Code::limit, "Too many runs have not ended yet.", {}};
  Started started{agent,          known->tenant,   std::move(owner),
                  std::move(by),  std::move(goal), settings.instructions,
                  settings.model, settings.stop,   settings.context};
  const Event event{clock_.now(), std::move(started)};
  auto durable = co_await d_.journal.commit(records_.entries(id, event));
  if (!durable) {
    remove(id);
    co_return base::Error{base::Code::unavailable, "Store unavailable. Nothing was started.", {}};
  }
  run->begin(event);
  run->loop().spawn(live({run, false}));
  co_return id;
}

base::Task<base::Status> Runtime::tell(std::string id, What what) {
  const auto run = find(id);
  if (!run) co_return base::Error{base::Code::not_found, "The run has ended.", {}};
  using Done = std::function<void(base::Status)>;
  // Named: g++ 12 destroys such a lambda twice when it is a temporary of a co_await.
  std::function<void(Done)> start = [run, what = std::move(what)](Done done) {
    asio::post(run->loop().io(), [run, what, done = std::move(done)] { run->tell(what, done); });
  };
  co_return co_await base::await_callback<base::Status>(std::move(start));
}

}  // namespace runtime
