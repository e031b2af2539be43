#pragma once

#include <string_view>

#include "base/result.h"
#include "tools/schema/documents.h"

namespace tools::schema {

/// What a schema is written in: the bit of its draft and the bits of the vocabularies in force.
/// Tables say in which ones a keyword exists.
using Dialect = unsigned;
namespace dialect {
inline constexpr Dialect draft4 = 1, draft6 = 2, draft7 = 4, draft2019_09 = 8, draft2020_12 = 16;
inline constexpr Dialect all = 31, since_6 = 30, since_7 = 28, since_2019 = 24, before_2019 = 7,
                         before_2020 = 15;
/// Core (Core §8) has no bit: it is always in force.
inline constexpr Dialect core = all;
inline constexpr Dialect applicator = 32, unevaluated = 64, validation = 128,
                         format_assertion = 256;
/// The vocabularies of a draft's own metaschema.
inline constexpr Dialect standard = applicator | unevaluated | validation;
}  // namespace dialect

/// The dialect that `$schema` names: a draft, or a metaschema among `documents` whose `$vocabulary`
/// chooses from one (Core §8.1.2). An error when it is neither, or requires a vocabulary that is
/// not supported; its message is a sentence's end.
base::Result<Dialect> find_dialect(std::string_view schema, const Documents* documents);

}  // namespace tools::schema
