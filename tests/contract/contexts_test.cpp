#include "runtime/contexts.h"

#include <future>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "runtime/memory_contexts.h"
#include "runtime/redis_contexts.h"
#include "tests/support/redis_server.h"
#include "tests/support/runs.h"

namespace contexts_test {

using namespace runtime;
using namespace std::chrono_literals;

namespace {

const std::string run_id = "run_0123456789ab";

/// An event loop, and contexts that are used on it.
class Subject {
 public:
  virtual ~Subject() { loops_.stop(); }

  void put(const std::vector<Event>& events, std::chrono::milliseconds ttl = 1h) {
    contexts_->put(loop(), run_id, events, ttl);
  }
  void add(const Event& event, std::chrono::milliseconds ttl = 1h) {
    contexts_->add(loop(), run_id, event, ttl);
  }
  void forget() { contexts_->forget(loop(), run_id); }
  base::Result<std::optional<Conversation>> ask(std::int64_t events) {
    return run(contexts_->find(loop(), run_id, events, 1h));
  }
  std::optional<Conversation> find(std::int64_t events) {
    auto found = ask(events);
    REQUIRE(found.ok());
    return *std::move(found);
  }
  bool reach() { return run(contexts_->reach(loop())).ok(); }
  void pass(std::chrono::milliseconds time) {
    const auto sleep = [](base::Loop& on, std::chrono::milliseconds how_long) -> base::Task<bool> {
      co_return co_await on.sleep(how_long);
    };
    run(sleep(loop(), time));
  }

  template <class T>
  T run(base::Task<T> task) {
    std::promise<T> promise;
    auto future = promise.get_future();
    const auto keep = [](base::Task<T> running, std::promise<T>& kept) -> base::Task<void> {
      kept.set_value(co_await std::move(running));
    };
    loop().spawn(keep(std::move(task), promise));
    return future.get();
  }

 protected:
  Subject() { loops_.start(); }
  base::Loop& loop() { return loops_.at(0); }

  base::EventLoops loops_{1};
  std::unique_ptr<Contexts> contexts_;
};

class InMemory final : public Subject {
 public:
  InMemory() { contexts_ = std::make_unique<MemoryContexts>(); }
};

class InRedis final : public Subject {
 public:
  InRedis() { use_key('a'); }
  ~InRedis() override { loops_.stop(); }

  void use_key(char digit) {
    sealer_ = std::make_unique<base::Sealer>(*base::Sealer::from_key(std::string(64, digit)));
    records_ = std::make_unique<RunRecords>(*sealer_);
    contexts_ = std::make_unique<RedisContexts>(loops_, server.address(), *records_);
  }
  base::RedisReply command(base::RedisArguments arguments) {
    base::RedisConnection connection(loop(), server.address());
    auto reply = run(connection.command(std::move(arguments)));
    REQUIRE(reply.ok());
    return *std::move(reply);
  }

  tests::RedisServer server;

 private:
  std::unique_ptr<base::Sealer> sealer_;
  std::unique_ptr<RunRecords> records_;
};

/// A run of two events that tell something, and one more for later.
struct Told {
  Told() {
    script.answers({"read"}, "I look.");
    events = script.events;
    script.returns(0, "canary-result");
    more = script.events.back();
  }
  tests::RunScript script;
  std::vector<Event> events;
  Event more;
};

}  // namespace

TEMPLATE_TEST_CASE("contexts: what was said in a run is at hand, with what was added", "", InMemory,
                   InRedis) {
  TestType subject;
  const Told told;
  CHECK_FALSE(subject.find(2));
  subject.put(told.events);
  subject.add(told.more);
  subject.add({told.more.time, Paused{"ops"}});  // tells nothing
  const auto kept = subject.find(3);
  REQUIRE(kept);
  CHECK(kept->goal() == "Sort the inbox.");
  REQUIRE(kept->exchanges().size() == 1);
  CHECK(kept->exchanges()[0]->text == "I look.");
  CHECK(kept->exchanges()[0]->returns[0].text == "canary-result");
}

TEMPLATE_TEST_CASE("contexts: what was said is at hand until its time is over", "", InMemory,
                   InRedis) {
  TestType subject;
  const Told told;
  subject.put(told.events, 150ms);
  CHECK(subject.reach());
  subject.pass(300ms);
  CHECK_FALSE(subject.find(2));
  subject.add(told.more);  // adds to nothing
  CHECK_FALSE(subject.find(1));
}

TEMPLATE_TEST_CASE("contexts: asking for what was said, and adding to it, keep it for longer", "",
                   InMemory, InRedis) {
  TestType subject;
  const Told told;
  subject.put(told.events, 300ms);
  CHECK(subject.find(2));
  subject.pass(500ms);
  CHECK(subject.find(2));
  subject.put(told.events, 300ms);
  subject.add(told.more);
  subject.pass(500ms);
  CHECK(subject.find(3));
}

TEMPLATE_TEST_CASE("contexts: what is not all that was said is not at hand", "", InMemory,
                   InRedis) {
  TestType subject;
  const Told told;
  subject.put(told.events);
  CHECK_FALSE(subject.find(3));
  CHECK(subject.find(2));
}

TEMPLATE_TEST_CASE("contexts: what is forgotten is gone, and what is put takes its place", "",
                   InMemory, InRedis) {
  TestType subject;
  const Told told;
  subject.put(told.events);
  subject.put({told.events.front()});
  CHECK(subject.find(1));
  subject.forget();
  CHECK_FALSE(subject.find(1));
}

TEST_CASE("contexts: what Redis loses is not at hand, and what it keeps is sealed") {
  InRedis subject;
  const Told told;
  subject.put(told.events);
  subject.add(told.more);
  REQUIRE(subject.find(3));
  const base::RedisReply kept = subject.command({"GET", "sluice:context:" + run_id});
  CHECK(kept.text.find("canary") == std::string::npos);
  CHECK(kept.text.find("inbox") == std::string::npos);
  subject.use_key('b');
  CHECK_FALSE(subject.find(3));
  subject.use_key('a');
  REQUIRE(subject.find(3));
  subject.command({"APPEND", "sluice:context:" + run_id, "{}\n"});
  CHECK_FALSE(subject.find(3));
  subject.command({"FLUSHALL"});
  CHECK_FALSE(subject.find(3));
}

TEST_CASE("contexts: a conversation that is too long for Redis is not kept there") {
  InRedis subject;
  const Told told;
  Called large = std::get<Called>(told.more.what);
  large.result = mcp::text_content_result(std::string(7 << 20, 'x'), false);
  subject.put(told.events);
  subject.add({told.more.time, large});
  CHECK_FALSE(subject.find(3));
  CHECK(subject.command({"EXISTS", "sluice:context:" + run_id}).integer == 0);
}

TEST_CASE("contexts: while Redis is away nobody knows, and when it is back it is asked again") {
  InRedis subject;
  const Told told;
  subject.put(told.events);
  REQUIRE(subject.find(2));
  subject.server.kill();
  const auto away = subject.ask(2);
  REQUIRE_FALSE(away.ok());
  CHECK(away.error().code == base::Code::unavailable);
  CHECK_FALSE(subject.reach());
  subject.server.start();
  for (int attempt = 0; attempt < 50 && !subject.reach(); ++attempt) subject.pass(100ms);
  CHECK(subject.reach());
  CHECK(subject.find(2));  // it keeps its word
}

}  // namespace contexts_test
