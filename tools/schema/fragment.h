#pragma once

#include <string>
#include <vector>

#include "tools/schema/schema.h"

namespace tools::schema {

/// A constraint on arguments out of a policy file (`arguments:`, `when:`), compiled beside the
/// tool's own inputSchema.
struct Fragment {
  Schema schema;
  /// Sentences for whoever wrote it: what it constrains without making sure that it is there and of
  /// the type that the constraint is about. Such an argument passes when it is missing or of
  /// another type.
  std::vector<std::string> warnings;
};

/// Compiles `fragment` for calls of the tool with `input`, its inputSchema. Errors as
/// Schema::compile.
///
/// `arguments:` allows a call only when the fragment's verdict is Verdict::valid. `when:` applies a
/// rule unless it is Verdict::invalid: what was not decided must not pass for "does not concern
/// this call".
base::Result<Fragment> compile_fragment(const base::Json& fragment, const base::Json& input,
                                        const CompileOptions& options = {});

}  // namespace tools::schema
