#include "runtime/http_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/crypto.h"

namespace runtime {
namespace {

using base::Code;
using base::Error;

constexpr std::size_t longest_refusal = 64 << 10;
constexpr std::size_t longest_message = 500;
constexpr std::size_t longest_stream = 64 << 20;
constexpr std::chrono::seconds longest_asked_for{120};

// Statuses after which the same question may be answered later.
bool is_passing(int status) {
  constexpr std::array passing = {408, 409, 429, 500, 502, 503, 504, 529};
  return std::find(passing.begin(), passing.end(), status) != passing.end();
}

std::int64_t random_below(std::int64_t bound) {
  std::array<std::uint8_t, 8> bytes;
  base::random_bytes(bytes);
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return static_cast<std::int64_t>(number %
                                   static_cast<std::uint64_t>(std::max<std::int64_t>(1, bound)));
}

std::string provider_message(const std::string& body) {
  const auto parsed = base::parse_json(body);
  const base::Json* error = parsed ? base::find_member(parsed->value, "error") : nullptr;
  const std::string* words = nullptr;
  if (error != nullptr && error->is_string()) words = error->get_ptr<const std::string*>();
  if (error != nullptr && words == nullptr) words = base::find_string(*error, "message");
  return words ? words->substr(0, longest_message) : std::string();
}

}  // namespace

std::chrono::milliseconds pause_before(int attempt, const HttpModel::Retry& retry,
                                       std::string_view asked_for) {
  int seconds = 0;
  const auto [end, error] =
      std::from_chars(asked_for.data(), asked_for.data() + asked_for.size(), seconds);
  const bool said =
      !asked_for.empty() && error == std::errc{} && end == asked_for.data() + asked_for.size();
  if (said && seconds >= 0) return std::min(std::chrono::seconds(seconds), longest_asked_for);
  const auto span = std::min<std::chrono::milliseconds>(
      retry.longest, retry.first * (1LL << std::min(attempt - 1, 16)));
  return std::chrono::milliseconds(random_below(span.count() + 1));
}

HttpModel::HttpModel(ModelEndpoint endpoint, std::unique_ptr<Dialect> dialect,
                     const base::Limits& limits, Retry retry)
    : endpoint_(std::move(endpoint)),
      dialect_(std::move(dialect)),
      limits_(limits),
      retry_(retry) {}

base::HttpClient& HttpModel::client_of(base::Loop& loop) {
  const std::lock_guard lock(mutex_);
  if (clients_.size() <= loop.index()) clients_.resize(loop.index() + 1);
  auto& client = clients_[loop.index()];
  if (!client)
    client = std::make_unique<base::HttpClient>(loop, endpoint_.url, limits_, endpoint_.tls);
  return *client;
}

// A provider may repeat the key that it does not know. A key may itself be a part of `[key]`.
std::string without_key(std::string text, const std::string& key) {
  constexpr std::string_view instead = "[key]";
  if (key.empty()) return text;
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at)) {
    text.replace(at, key.size(), instead);
    at += instead.size();
  }
  return text;
}

base::Task<base::Result<ModelAnswer>> HttpModel::ask(base::Loop& loop, Question question,
                                                     base::SteadyTime deadline) {
  const std::string body = dialect_->body(question, endpoint_.model);
  for (int attempt = 1;; ++attempt) {
    Attempt made = co_await ask_once(loop, body, deadline);
    if (auto* answer = std::get_if<ModelAnswer>(&made)) co_return std::move(*answer);
    Failure& failure = std::get<Failure>(made);
    failure.error.message = without_key(std::move(failure.error.message), endpoint_.api_key);
    const auto pause = pause_before(attempt, retry_, failure.asked_for);
    const bool in_time = std::chrono::steady_clock::now() + pause < deadline;
    if (!failure.again || attempt >= retry_.attempts || !in_time) {
      co_return std::move(failure.error);
    }
    if (!co_await loop.sleep(pause)) co_return std::move(failure.error);
  }
}

base::Task<HttpModel::Attempt> HttpModel::ask_once(base::Loop& loop, std::string body,
                                                   base::SteadyTime deadline) {
  const std::string root = endpoint_.url.target == "/" ? "" : endpoint_.url.target;
  const std::string target = root + dialect_->path();
  base::ClientRequest request;
  request.method = "POST";
  request.target = target;
  request.headers = dialect_->headers();
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "text/event-stream, application/json");
  if (!endpoint_.api_key.empty()) {
    request.headers.push_back(dialect_->authorization(endpoint_.api_key));
  }
  request.body = std::move(body);
  const auto first = std::min(deadline, std::chrono::steady_clock::now() + silence);
  auto response = co_await client_of(loop).send(std::move(request), first);
  if (!response) {
    // Nothing of an answer has come: what was generated, if anything, is not billed or not known.
    const bool never_sent = response.error().code == Code::unavailable;
    Failure failure{
        {never_sent ? Code::unavailable : Code::broken,
         "the model's server failed: " + response.error().message, response.error().detail},
        never_sent,
        {}};
    co_return failure;
  }
  if (response->status() != 200) co_return co_await read_refusal(*std::move(response));
  co_return co_await read_answer(*std::move(response), deadline);
}

base::Task<HttpModel::Attempt> HttpModel::read_refusal(base::ClientResponse response) {
  const int status = response.status();
  const std::string asked_for(response.header("retry-after"));
  response.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  std::string body;
  while (true) {
    const auto more = co_await response.read(body, longest_refusal);
    if (!more || !*more) break;
  }
  const std::string words = provider_message(body);
  Failure failure{{Code::refused,
                   "the model's server answered " + std::to_string(status) +
                       (words.empty() ? "" : ": " + words),
                   {}},
                  is_passing(status),
                  asked_for};
  co_return failure;
}

base::Task<HttpModel::Attempt> HttpModel::read_answer(base::ClientResponse response,
                                                      base::SteadyTime deadline) {
  const auto failed = [](std::string message) {
    return Failure{{Code::broken, std::move(message), {}}, false, {}};
  };
  const std::string_view type = response.header("content-type");
  if (!type.starts_with("text/event-stream")) {
    co_return failed("the model's server did not answer with a stream");
  }
  const auto reader = dialect_->reader();
  mcp::SseReader events(longest_answer);
  std::string piece;
  std::size_t size = 0;
  while (true) {
    piece.clear();
    response.set_deadline(std::min(deadline, std::chrono::steady_clock::now() + silence));
    const auto more = co_await response.read(piece, longest_answer);
    if (!more) co_return failed("the model's answer broke off: " + more.error().message);
    size += piece.size();
    if (size > longest_stream || !events.feed(piece))
      co_return failed("the model's answer is too long");
    while (auto event = events.next()) {
      const auto complete = reader->take(*event);
      if (!complete) co_return failed(complete.error().message.substr(0, longest_message));
      if (!*complete) continue;
      auto answer = reader->finish();
      if (!answer) co_return failed(answer.error().message);
      co_return *std::move(answer);
    }
    if (!*more) co_return failed("the model's answer broke off before its end");
  }
}

}  // namespace runtime
