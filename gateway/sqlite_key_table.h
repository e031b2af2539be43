#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "base/sqlite.h"
#include "gateway/key_table.h"

namespace gateway {

/// Keys in a SQLite file.
class SqliteKeyTable final : public KeyTable {
 public:
  /// Opens or makes the file. Code::unavailable when it cannot.
  static base::Result<std::unique_ptr<KeyTable>> open(const std::filesystem::path& file);

  base::Status insert(const StoredKey& key) override;
  base::Result<bool> revoke(std::string_view id, std::int64_t now) override;
  base::Result<bool> replace(std::string_view id, std::int64_t expires,
                             const StoredKey& fresh) override;
  base::Result<std::vector<StoredKey>> all() override;
  base::Result<std::int64_t> version() override;

 private:
  explicit SqliteKeyTable(base::SqliteDatabase database) : database_(std::move(database)) {}
  base::Result<bool> change(const char* sql, std::string_view id, std::int64_t number);

  base::SqliteDatabase database_;
};

}  // namespace gateway
