#include "gateway/request_id.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/crypto.h"

namespace gateway {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuv";
constexpr std::size_t time_length = 9;  // 45 bits of milliseconds: a thousand years
constexpr std::size_t random_length = 11;

void append_time(std::string& id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  for (std::size_t digit = time_length; digit-- > 0;) {
    id.push_back(alphabet[millis >> (5 * digit) & 31]);
  }
}

void append_random(std::string& id) {
  // A system call for many ids: what is used of it is never used again.
  thread_local std::array<std::uint8_t, 64 * random_length> bytes;
  thread_local std::size_t used = bytes.size();
  if (used == bytes.size()) {
    base::random_bytes(bytes);
    used = 0;
  }
  for (std::size_t i = 0; i < random_length; ++i) id.push_back(alphabet[bytes[used++] & 31]);
}

}  // namespace

std::string new_request_id() {
  std::string id;
  id.reserve(4 + time_length + random_length);
  id = "req_";
  append_time(id);
  append_random(id);
  return id;
}

}  // namespace gateway
