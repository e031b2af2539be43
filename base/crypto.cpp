#include "base/crypto.h"

#include <cassert>
#include <cstdlib>

#include <openssl/evp.h>
#include <sodium.h>

namespace base {
namespace {

// Without a working library there is no random number and no hash to go on with; both fail only
// when the installation is broken or memory is exhausted.
void require(bool works) {
  if (!works) std::abort();
}

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  require(ready);
}

const unsigned char* unsigned_data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void random_bytes(std::span<std::uint8_t> bytes) {
  require_sodium();
  randombytes_buf(bytes.data(), bytes.size());
}

std::string random_text(std::string_view alphabet, std::size_t length) {
  require_sodium();
  std::string text(length, '\0');
  for (char& c : text)
    c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  return text;
}

std::string sha1_hex(std::string_view text) {
  std::array<std::uint8_t, 20> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    std::abort();
  }
  return hex_encode(digest);
}

std::string blake2b_hex(std::string_view text) {
  require_sodium();
  std::array<std::uint8_t, 32> hash;
  crypto_generichash(hash.data(), hash.size(), unsigned_data(text), text.size(), nullptr, 0);
  return hex_encode(hash);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex_encode(std::span<const std::uint8_t> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::string base64url_encode(std::string_view bytes) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), unsigned_data(bytes), bytes.size(), variant);
  text.pop_back();
  return text;
}

std::optional<Sha256Digest> parse_sha256(std::string_view hex) {
  Sha256Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  sodium_hex2bin(digest.data(), digest.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr);
  return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view text) {
  require_sodium();
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, unsigned_data(key), key.size());
  crypto_auth_hmacsha256_update(&state, unsigned_data(text), text.size());
  Sha256Digest mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  sodium_memzero(&state, sizeof state);
  return mac;
}

void Sha256::FreeAlgorithm::operator()(evp_md_st* algorithm) const { EVP_MD_free(algorithm); }
void Sha256::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

// The algorithm is fetched once: a fetch per digest costs more than hashing a short record.
Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  require(algorithm_ && context_);
  require(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1);
}

Sha256& Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Sha256& Sha256::update(std::span<const std::uint8_t> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  require(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1);
  return digest;
}

}  // namespace base
