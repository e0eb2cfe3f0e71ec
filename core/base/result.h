/// The one way in which an expected failure travels: a value or an Error.
///
/// A bug aborts (assert.h). An expected outcome (unknown task, refused append, absent Redis) is a
/// Result: its text is made where the context is, and printed once, at the top. Nothing in core
/// throws across a module's boundary; third-party exceptions stop in the adapter.
///
/// Threads  Values; no shared state.
/// Errors   value() on an error, and error() on a value, are bugs and abort.
/// Owns     Its value or its error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace taskfeed {

/// What a caller can act on. Each maps to one exit status (cmd/exit_status.h) and one HTTP status
/// (http/problem.h); the maps are total.
enum class Errc {
  kInvalid,       ///< The input is wrong; the same input will be refused again.
  kNotFound,      ///< The task, agent or cursor does not exist.
  kConflict,      ///< The state of the thing forbids it now (execute a running task).
  kReused,        ///< An idempotency key that already stands for something else.
  kEnded,         ///< The stream has its terminal event; nothing can be added.
  kFenced,        ///< The lease was lost: another worker holds a newer fencing token.
  kForbidden,     ///< Understood, and not allowed to this caller.
  kUnauthorised,  ///< No valid credentials.
  kTooLarge,      ///< Over a limit; the text names the limit.
  kFull,          ///< Redis is out of memory, or a bounded queue is full. Nothing was stored.
  kUnavailable,   ///< Redis, the daemon or a peer cannot be reached. Safe to try again.
  kTimeout,       ///< No answer in time; whether it took effect is unknown.
  kInternal,      ///< Ours. The text is for a bug report.
};

std::string_view to_string(Errc code);

/// `text` is one sentence that names the thing and says what to do.
struct Error {
  Errc code = Errc::kInternal;
  std::string text;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  Result(Errc code, std::string text) : Result(Error{code, std::move(text)}) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& {
    check();
    return std::get<0>(state_);
  }
  T& value() & {
    check();
    return std::get<0>(state_);
  }
  T&& value() && {
    check();
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Error& error() const {
    TF_ASSERT(!ok());
    return std::get<1>(state_);
  }

 private:
  void check() const { TF_ASSERT_TEXT(ok(), std::get<1>(state_).text); }
  std::variant<T, Error> state_;
};

/// The absence of a value: `Result<void>` answers "done" or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  Result(Errc code, std::string text) : error_(Error{code, std::move(text)}) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    TF_ASSERT(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace taskfeed
