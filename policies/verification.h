#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "policies/constraint.h"

namespace policies {

/// Whether a call was carried out, as a tool that was asked about it says.
enum class CarriedOut { yes, no, inconclusive };

/// As policy files and records have it: `done`, `not_done` or `inconclusive`.
std::string_view to_string(CarriedOut answer);

/// One argument that a verify tool is asked with: part of the call that it is asked about, or a
/// constant.
struct VerifyArgument {
  std::string name;
  std::string pointer;  ///< JSON Pointer (RFC 6901) into the call's arguments; "": `constant` holds
  base::Json constant = nullptr;
};

/// `verify:` of a reconcilable tool: how it is found out whether a call was carried out whose
/// answer was lost.
struct Verification {
  std::string server, tool;  ///< what is asked: a tool that is read_only
  std::vector<VerifyArgument> arguments;
  Constraint done;                     ///< what its result is like when the call was carried out
  std::optional<Constraint> not_done;  ///< and when it was not; absent: it is never sent again
  /// How long a server may still be at work on a call whose answer was lost: before that is over,
  /// that it was not carried out is not believed.
  std::chrono::milliseconds settle{10'000};
  /// For how long after its answer was lost a call is asked about.
  std::chrono::milliseconds within{45'000};
  std::string place;  ///< `FILE:LINE`, for people

  /// `server/tool`
  std::string id() const { return server + "/" + tool; }
  /// What it is asked with about a call with these arguments. Code::invalid when they lack
  /// something that is mapped: asking without it could find another call.
  base::Result<base::Json> arguments_for(const base::Json& call) const;
  /// What a CallToolResult says: its structuredContent, or all of it when it has none. An error of
  /// the tool is no answer, nor is what fits both schemas or neither.
  CarriedOut read(const base::Json& result) const;
};

/// Why this is no JSON Pointer to part of a call's arguments; "" when it is one.
std::string_view pointer_problem(std::string_view pointer);
/// The pointer's first step: the name of an argument.
std::string first_step(std::string_view pointer);

}  // namespace policies
