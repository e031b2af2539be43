#include "base/crypto.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

namespace crypto_test {

using namespace base;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4", "[crypto]") {
  Sha256 sha256;
  CHECK(hex_encode(sha256.update("abc").finish()) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a SHA-256 object starts anew after finish and takes its input in parts", "[crypto]") {
  Sha256 sha256;
  const Sha256Digest whole = sha256.update("two parts").finish();
  CHECK(sha256.update("two ").update("parts").finish() == whole);
}

TEST_CASE("BLAKE2b-256 of the empty text is known", "[crypto]") {
  CHECK(blake2b_hex("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST_CASE("equal_constant_time compares content and length", "[crypto]") {
  CHECK(equal_constant_time("same", "same"));
  CHECK(equal_constant_time("", ""));
  CHECK_FALSE(equal_constant_time("same", "sane"));
  CHECK_FALSE(equal_constant_time("same", "same "));
}

TEST_CASE("base64url has no padding and no characters that URLs reserve", "[crypto]") {
  CHECK(base64url_encode("\xfb\xff") == "-_8");
  CHECK(base64url_encode("") == "");
}

TEST_CASE("hexadecimal digits are lower-case, two for a byte", "[crypto]") {
  const std::array<std::uint8_t, 3> bytes{0, 0xab, 0xff};
  CHECK(hex_encode(bytes) == "00abff");
}

TEST_CASE("a digest is read back from its hexadecimal digits", "[crypto]") {
  Sha256 sha256;
  const Sha256Digest digest = sha256.update("x").finish();
  CHECK(parse_sha256(hex_encode(digest)) == digest);
}

TEST_CASE("a digest of another length or with other characters is refused", "[crypto]") {
  const std::string good(64, 'a');
  CHECK_FALSE(parse_sha256(good.substr(1)));
  CHECK_FALSE(parse_sha256(good + "a"));
  CHECK_FALSE(parse_sha256(good.substr(1) + "A"));
  CHECK_FALSE(parse_sha256(good.substr(1) + "g"));
}

TEST_CASE("the HMAC is that of RFC 4231", "[crypto]") {
  CHECK(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("random text uses every character of its alphabet and no other", "[crypto]") {
  const std::string text = random_text("abc", 1000);
  CHECK(std::set<char>(text.begin(), text.end()) == std::set<char>{'a', 'b', 'c'});
}

TEST_CASE("random bytes differ from draw to draw", "[crypto]") {
  std::array<std::uint8_t, 32> first{}, second{};
  random_bytes(first);
  random_bytes(second);
  CHECK(first != second);
}

}  // namespace crypto_test
