#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace base {

/// The kind of a failure: what a caller decides by. The text is for people.
enum class Code {
  invalid,       ///< the input breaks a rule
  not_found,     ///< no such thing for this caller
  refused,       ///< a rule says no
  unauthorized,  ///< the credentials do not do
  limit,         ///< a bound on size, depth, count or rate was reached
  timeout,       ///< the deadline passed
  cancelled,     ///< the caller gave up
  unavailable,   ///< a peer, disk or store could not be reached; nothing was done
  broken,        ///< a peer answered with something that breaks its protocol
  internal,      ///< a bug of ours
};

/// A failure. `message` may be shown to the peer: one sentence, no internals, no secrets.
/// `detail` is for the operator (log and audit) only.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string detail;
};

/// A value or an Error: the part of std::expected (C++23) that this project needs.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return assert(!ok()), *std::get_if<1>(&state_); }
  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return assert(!ok()), *error_; }
  const Error& error() const& { return assert(!ok()), *error_; }
  Error&& error() && { return assert(!ok()), std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace base
