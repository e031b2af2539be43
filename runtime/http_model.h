#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "runtime/answer_reader.h"

namespace runtime {

/// Where a provider is and how it knows us.
struct ModelEndpoint {
  base::Url url;        ///< its target is the path below which the API stands
  std::string model;    ///< the provider's name for it
  std::string api_key;  ///< never printed; "" when none is needed
  std::shared_ptr<const base::TlsContext> tls;  ///< of an https: URL
};

/// A model behind an HTTP API, its answers streamed and bounded.
class HttpModel final : public Model {
 public:
  /// How often a question is put that was not answered at all, and how long to wait before the next
  /// time when the server does not say.
  struct Retry {
    int attempts = 5;
    std::chrono::milliseconds first{500}, longest{30'000};
  };
  /// Without a sign of life for so long an answer is given up.
  static constexpr std::chrono::seconds silence{120};

  /// `limits` outlives this.
  HttpModel(ModelEndpoint endpoint, std::unique_ptr<Dialect> dialect, const base::Limits& limits)
      : HttpModel(std::move(endpoint), std::move(dialect), limits, Retry()) {}
  HttpModel(ModelEndpoint endpoint, std::unique_ptr<Dialect> dialect, const base::Limits& limits,
            Retry retry);

  base::Task<base::Result<ModelAnswer>> ask(base::Loop& loop, Question question,
                                            base::SteadyTime deadline) override;

 private:
  struct Failure {
    base::Error error;
    bool again = false;     ///< nothing was generated, and the same may work later
    std::string asked_for;  ///< the server's Retry-After
  };
  using Attempt = std::variant<ModelAnswer, Failure>;

  base::Task<Attempt> ask_once(base::Loop& loop, std::string body, base::SteadyTime deadline);
  base::Task<Attempt> read_answer(base::ClientResponse response, base::SteadyTime deadline);
  base::Task<Attempt> read_refusal(base::ClientResponse response);
  base::HttpClient& client_of(base::Loop& loop);

  const ModelEndpoint endpoint_;
  const std::unique_ptr<Dialect> dialect_;
  const base::Limits& limits_;
  const Retry retry_;
  std::mutex mutex_;                                        // guards clients_
  std::vector<std::unique_ptr<base::HttpClient>> clients_;  // by loop
};

/// What a provider said, without the key that it may have repeated.
std::string without_key(std::string text, const std::string& key);

/// How long to wait before the next of several attempts: a random part of a span that doubles.
/// `asked_for` is the server's Retry-After in seconds, or "".
std::chrono::milliseconds pause_before(int attempt, const HttpModel::Retry& retry,
                                       std::string_view asked_for);

}  // namespace runtime
