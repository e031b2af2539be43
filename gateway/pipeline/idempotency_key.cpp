#include "gateway/pipeline/idempotency_key.h"

#include "base/crypto.h"
#include "tools/key_argument.h"

namespace gateway::pipeline {
namespace {

constexpr std::size_t version_digit = 12, variant_digit = 16;

// Version and variant take six bits; the other 122 are the hash's.
std::string uuid_of(std::string_view text) {
  std::string digits = base::blake2b_hex(text);
  digits[version_digit] = '8';
  digits[variant_digit] = "89ab"[digits[variant_digit] % 4];
  std::string uuid(tools::key_form);
  std::size_t next = 0;
  for (char& character : uuid) {
    if (character != '-') character = digits[next++];
  }
  return uuid;
}

}  // namespace

std::string intent_id(const Call& call) {
  std::string id = "int_" + call.request_id.substr(call.request_id.find('_') + 1);
  if (call.repeats > 0) id += ".r" + std::to_string(call.repeats);
  return id;
}

std::string idempotency_key(const Call& call) {
  return call.key.empty() ? uuid_of("idempotency key of " + intent_id(call)) : call.key;
}

base::Json keyed_arguments(const Call& call) {
  base::Json arguments = call.arguments.value();
  arguments[call.entry->key_argument] = idempotency_key(call);
  return arguments;
}

}  // namespace gateway::pipeline
