#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_st;
struct evp_md_ctx_st;

namespace base {

/// Fills `bytes` from the system's random generator.
void random_bytes(std::span<std::uint8_t> bytes);
/// `length` characters, each drawn uniformly from `alphabet`.
std::string random_text(std::string_view alphabet, std::size_t length);

/// BLAKE2b-256 as 64 hexadecimal digits.
std::string blake2b_hex(std::string_view text);

/// Takes a time that depends on the lengths alone.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Lower-case hexadecimal digits.
std::string hex_encode(std::span<const std::uint8_t> bytes);
/// RFC 4648 §5, without padding.
std::string base64url_encode(std::string_view bytes);

/// SHA-1 as 40 hexadecimal digits: how Redis names scripts, and good for nothing else.
std::string sha1_hex(std::string_view text);

using Sha256Digest = std::array<std::uint8_t, 32>;
/// The digest that 64 lower-case hexadecimal digits stand for; nullopt for anything else.
std::optional<Sha256Digest> parse_sha256(std::string_view hex);

/// RFC 2104 with SHA-256.
Sha256Digest hmac_sha256(std::string_view key, std::string_view text);

/// Incremental SHA-256; one object serves for many digests. Not thread-safe.
class Sha256 final {
 public:
  Sha256();
  Sha256& update(std::string_view bytes);
  Sha256& update(std::span<const std::uint8_t> bytes);
  /// The digest of all bytes since the last finish().
  Sha256Digest finish();

 private:
  struct FreeAlgorithm {
    void operator()(evp_md_st* algorithm) const;
  };
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_st, FreeAlgorithm> algorithm_;
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

}  // namespace base
