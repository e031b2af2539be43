#include "runtime/run_reader.h"

#include <algorithm>
#include <map>
#include <utility>

namespace runtime {

using base::JournalReader;

RunReader::RunReader(std::filesystem::path journal, const RunRecords& records)
    : file_(std::move(journal)), records_(records), thread_([this] { work(); }) {}

RunReader::~RunReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

void RunReader::work() {
  auto journal = JournalReader::open(file_);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    if (!journal) journal = JournalReader::open(file_);
    job(journal);
    lock.lock();
  }
}

template <class T>
base::Task<T> RunReader::run_on_thread(std::function<T(JournalReader&)> job) {
  return base::await_callback<T>([this, job = std::move(job)](std::function<void(T)> done) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back([job, done = std::move(done)](base::Result<JournalReader>& journal) {
        done(journal ? job(*journal) : T(journal.error()));
      });
    }
    wake_.notify_one();
  });
}

RunReader::Events RunReader::read_events(JournalReader& journal, const std::string& run,
                                         std::int64_t after, std::size_t limit) const {
  const auto records = journal.about(event_stream, run, after, limit);
  if (!records) return records.error();
  std::vector<StoredEvent> events;
  for (const base::JournalRecord& record : *records) {
    auto event = records_.read(record);
    if (!event) return event.error();
    events.push_back({record.seq, *std::move(event)});
  }
  return events;
}

base::Task<RunReader::Events> RunReader::events(std::string run, std::int64_t after,
                                                std::size_t limit) {
  return run_on_thread<Events>([this, run = std::move(run), after, limit](JournalReader& journal) {
    return read_events(journal, run, after, limit);
  });
}

base::Task<RunReader::Events> RunReader::all(std::string run) {
  return run_on_thread<Events>([this, run = std::move(run)](JournalReader& journal) {
    Events all = std::vector<StoredEvent>();
    while (true) {
      Events more = read_events(journal, run, all->empty() ? 0 : all->back().seq, batch);
      if (!more) return more;
      if (more->empty()) return all;
      std::ranges::move(*more, std::back_inserter(*all));
    }
  });
}

base::Task<base::Result<std::optional<base::JournalRecord>>> RunReader::intent(CallName name) {
  using Found = base::Result<std::optional<base::JournalRecord>>;
  return run_on_thread<Found>([key = name.intent_id()](JournalReader& journal) -> Found {
    auto records = journal.about("intent", key, 0, 1);
    if (!records) return records.error();
    if (records->empty()) return std::optional<base::JournalRecord>();
    return std::optional(std::move(records->front()));
  });
}

base::Task<RunReader::Runs> RunReader::newest(std::size_t count) {
  return run_on_thread<Runs>([count](JournalReader& journal) -> Runs {
    // A run has at most two records, the second after the first.
    const auto records = journal.newest(run_stream, 2 * count);
    if (!records) return records.error();
    std::vector<RunFacts> runs;
    std::map<std::string, std::size_t> places;
    for (const base::JournalRecord& record : *records) {
      const auto [place, is_new] = places.try_emplace(record.key, runs.size());
      if (is_new) runs.emplace_back();
      if (auto added = add_facts(runs[place->second], record); !added) return added.error();
    }
    std::erase_if(runs, [](const RunFacts& run) { return run.agent.empty(); });
    std::ranges::reverse(runs);
    if (runs.size() > count) runs.resize(count);
    return runs;
  });
}

base::Task<base::Result<RunFacts>> RunReader::facts(std::string run) {
  using Found = base::Result<RunFacts>;
  return run_on_thread<Found>([run = std::move(run)](JournalReader& journal) -> Found {
    const auto records = journal.about(run_stream, run, 0, 2);
    if (!records) return records.error();
    if (records->empty()) return base::Error{base::Code::not_found, "There is no such run.", {}};
    RunFacts facts;
    for (const base::JournalRecord& record : *records) {
      if (auto added = add_facts(facts, record); !added) return added.error();
    }
    return facts;
  });
}

}  // namespace runtime
