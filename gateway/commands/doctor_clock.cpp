#include <chrono>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include <httplib.h>

#include "base/journal_reader.h"
#include "base/url.h"
#include "gateway/commands/doctor_checks.h"

/// Whether this machine's clock is right: keys expire and windows begin by it.
namespace gateway::commands {
namespace {

constexpr std::int64_t most_seconds = 60;
constexpr const char* mend = "timedatectl set-ntp true";

// RFC 9110 §5.6.7, in the form that servers send.
std::optional<std::int64_t> parse_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

// What time a server over plain HTTP has, by the head of whatever it answers.
std::optional<std::int64_t> time_of(const ServerConfig& server) {
  const auto url = base::parse_url(server.url);
  if (!url || url->secure) return std::nullopt;
  httplib::Client client(url->host, url->port);
  client.set_connection_timeout(std::chrono::seconds(1));
  client.set_read_timeout(std::chrono::seconds(1));
  const httplib::Result answer = client.Head("/");
  if (!answer || !answer->has_header("Date")) return std::nullopt;
  return parse_date(answer->get_header_value("Date"));
}

}  // namespace

Findings check_clock(const Config& config) {
  const std::int64_t now = std::time(nullptr);
  if (auto reader = base::JournalReader::open(config.journal)) {
    const auto last = reader->tail("", 1);
    if (last && !last->empty() && last->back().time / 1'000'000 > now + most_seconds) {
      return {{"clock", "the clock went back: the newest record of the journal is from the future",
               mend}};
    }
  }
  for (const ServerConfig& server : config.servers) {
    const auto theirs = time_of(server);
    if (!theirs || std::abs(*theirs - now) <= most_seconds) continue;
    return {{"clock", "the clock differs from that of server " + server.name + " by " +
                          std::to_string(std::abs(*theirs - now)) + " seconds",
             mend}};
  }
  return {{"clock", "", ""}};
}

}  // namespace gateway::commands
