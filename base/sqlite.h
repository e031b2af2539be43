#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace base {

/// How a database file is opened.
struct SqliteOptions {
  /// `create` makes the file (mode 0600) and puts it into WAL mode; `read_only` needs it to exist.
  enum class Mode { create, read_only } mode = Mode::create;
  /// `full` fsyncs every commit; `normal` may lose the newest ones when the power fails.
  enum class Synchronous { normal, full } synchronous = Synchronous::full;
  std::chrono::milliseconds busy_timeout{5'000};
  std::size_t longest_value = 32 << 20;  ///< bytes of a string, blob or row; longer is Code::limit
};

/// A prepared statement: bind, step, read columns, reset. Errors of bind() come out of the next
/// step(). Column numbers count from 0, parameters from 1, as in SQLite.
class SqliteStatement final {
 public:
  enum class Type { null, integer, real, text, blob };

  SqliteStatement& bind(int parameter, std::int64_t value);
  SqliteStatement& bind(int parameter, std::string_view text);
  SqliteStatement& bind_blob(int parameter, std::string_view bytes);

  /// True when there is a row.
  Result<bool> step();
  /// Steps to the end and resets.
  Status run();
  /// Makes ready for the next execution; bindings are cleared.
  void reset();

  Type type(int column) const;
  std::int64_t integer(int column) const;
  /// Bytes of a text or blob column, valid until the next step() or reset(); empty for NULL.
  std::string_view bytes(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = 0;
};

/// A connection to a database file. Not thread-safe; different connections to one file are. Error
/// codes: unavailable: the file, disk or lock did not allow it, the same may work later; invalid: a
/// constraint; limit: a value is too long; internal: wrong SQL. The message of SQLite is in
/// `detail`.
class SqliteDatabase final {
 public:
  static Result<SqliteDatabase> open(const std::filesystem::path& file,
                                     const SqliteOptions& options = {});

  /// Runs statements without results.
  Status execute(const std::string& sql);
  /// A statement may outlive its connection object.
  Result<SqliteStatement> prepare(std::string_view sql);
  /// The first column of the first row.
  Result<std::int64_t> query_integer(std::string_view sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  bool in_transaction() const;

  /// Runs `body` in one write transaction: commits when it succeeds, else rolls back.
  template <class Body>
  Status transaction(Body body) {
    if (Status begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    Status done = body();
    if (done) done = execute("COMMIT");
    if (!done) rollback();
    return done;
  }
  /// Ends the transaction, if there is one, without its changes.
  void rollback();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  Status configure(const SqliteOptions& options);
  Status use_wal();

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace base
