#include "core/watch/profiler.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "core/allocator.h"
#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/watch/table.h"

namespace gradus {

// Note [Profiler]
// Each thread writes to a list of its own, which it makes and registers with the session at its
// first scope; the list's lock is only ever contended by somebody who reads results. A scope knows
// the number of its session, so one that outlives it is dropped.

namespace detail {
constinit std::atomic<bool> profiling{false};
}  // namespace detail

namespace {

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Event {
  uint32_t name;  // in the list's names
  const char* category;
  int64_t begin, end, bytes;
};

struct EventList {
  explicit EventList(size_t thread) : thread(thread) {}

  const size_t thread;
  std::mutex mutex;
  std::vector<Event> events;
  std::vector<std::string> names;
  std::map<std::string, uint32_t, std::less<>> numbers;
};

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

struct ProfilerGuard::Session {
  std::shared_ptr<EventList> new_list() {
    const std::lock_guard lock(mutex);
    lists.push_back(std::make_shared<EventList>(lists.size()));
    return lists.back();
  }

  // Calls f(list) for each thread's list, locked.
  template <class F>
  void for_each_list(F&& f) {
    const std::lock_guard lock(mutex);
    for (const auto& list : lists) {
      const std::lock_guard list_lock(list->mutex);
      f(*list);
    }
  }

  ProfilerOptions options;
  uint64_t number = 0;
  int64_t begin = 0;
  std::atomic<size_t> count{0}, dropped{0};
  std::mutex mutex;  // of `lists`
  std::vector<std::shared_ptr<EventList>> lists;
};

namespace {

std::mutex current_mutex;
std::weak_ptr<void> current_session;  // of type ProfilerGuard::Session
constinit std::atomic<uint64_t> current_number{0};
constinit std::atomic<bool> wants_memory{false};

}  // namespace

ProfilerGuard::ProfilerGuard(ProfilerOptions options) : session_(std::make_shared<Session>()) {
  const std::lock_guard lock(current_mutex);
  GRADUS_CHECK(current_session.expired(), "ProfilerGuard: there is one already");
  session_->options = options;
  session_->number = current_number + 1;
  session_->begin = now();
  current_session = session_;
  wants_memory = options.memory();
  current_number = session_->number;
  detail::profiling = true;
}

ProfilerGuard::~ProfilerGuard() {
  stop();
  const std::lock_guard lock(current_mutex);
  current_session.reset();
}

void ProfilerGuard::stop() {
  detail::profiling = false;
}

void RecordScope::begin(std::string_view name, const char* category) noexcept {
  session_ = current_number;
  name_ = name.data();
  name_size_ = name.size();
  bytes_ = 0;
  category_ = category;
  if (wants_memory) bytes_ = memory_stats().allocated_bytes;
  begin_ = now();
}

void RecordScope::end() noexcept {
  const int64_t ended = now();
  if (!detail::profiling || session_ != current_number) return;
  // A scope must not throw from its destructor: without memory it is not recorded.
  try {
    thread_local uint64_t list_session = 0;
    thread_local std::shared_ptr<EventList> list;
    thread_local std::weak_ptr<ProfilerGuard::Session> list_owner;
    if (list_session != session_) {
      const std::lock_guard lock(current_mutex);
      const auto session = std::static_pointer_cast<ProfilerGuard::Session>(current_session.lock());
      if (session == nullptr || session->number != session_) return;
      list = session->new_list();
      list_owner = session;
      list_session = session_;
    }
    const auto session = list_owner.lock();
    if (session == nullptr) return;
    if (session->count.fetch_add(1) >= session->options.max_events()) {
      ++session->dropped;
      return;
    }
    const int64_t bytes = wants_memory ? memory_stats().allocated_bytes - bytes_ : 0;
    const std::lock_guard lock(list->mutex);
    const std::string_view name(name_, name_size_);
    auto found = list->numbers.find(name);
    if (found == list->numbers.end()) {
      found = list->numbers.emplace(name, static_cast<uint32_t>(list->names.size())).first;
      list->names.emplace_back(name);
    }
    list->events.push_back({found->second, category_, begin_, ended, bytes});
  } catch (...) {
  }
}

std::vector<ProfilerGuard::Entry> ProfilerGuard::entries() const {
  std::map<std::string, Entry> by_name;
  session_->for_each_list([&](EventList& list) {
    // Outer scopes before those inside.
    std::vector<const Event*> order;
    for (const Event& event : list.events) order.push_back(&event);
    std::sort(order.begin(), order.end(), [](const Event* a, const Event* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end > b->end;
    });
    std::vector<const Event*> open;
    for (const Event* event : order) {
      while (!open.empty() && open.back()->end <= event->begin) open.pop_back();
      const double ms = static_cast<double>(event->end - event->begin) / 1e6;
      if (!open.empty()) by_name[list.names[open.back()->name]].self_ms -= ms;
      Entry& entry = by_name[list.names[event->name]];
      entry.self_ms += ms;
      const bool inside_its_like = std::any_of(
          open.begin(), open.end(), [&](const Event* outer) { return outer->name == event->name; });
      if (!inside_its_like) {
        ++entry.count;
        entry.total_ms += ms;
        entry.bytes += event->bytes;
      }
      open.push_back(event);
    }
  });
  std::vector<Entry> entries;
  for (auto& [name, entry] : by_name) {
    entry.name = name;
    entries.push_back(std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.self_ms > b.self_ms; });
  return entries;
}

std::string ProfilerGuard::table(size_t rows) const {
  const std::vector<Entry> all = entries();
  double sum = 0;
  for (const Entry& entry : all) sum += entry.self_ms;
  watch::Table table({"name", "calls", "self ms", "self %", "total ms", "us/call", "MB"});
  for (size_t i = 0; i < std::min(rows, all.size()); ++i) {
    const Entry& entry = all[i];
    table.row({entry.name, fmt::format("{}", entry.count), fmt::format("{:.3f}", entry.self_ms),
               fmt::format("{:.1f}", sum > 0 ? 100 * entry.self_ms / sum : 0),
               fmt::format("{:.3f}", entry.total_ms),
               fmt::format("{:.1f}", 1e3 * entry.total_ms / static_cast<double>(entry.count)),
               fmt::format("{:.2f}", static_cast<double>(entry.bytes) / 1e6)});
  }
  std::string text = table.to_string();
  if (all.size() > rows) text += fmt::format("and {} more names\n", all.size() - rows);
  if (dropped() > 0) text += fmt::format("{} scopes came after max_events\n", dropped());
  return text;
}

std::string ProfilerGuard::trace() const {
  std::string json = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
  json += R"({"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"gradus"}})";
  session_->for_each_list([&](EventList& list) {
    const size_t thread = list.thread + 1;
    json += fmt::format(
        ",\n{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":{},\"args\":{{\"name\":"
        "\"thread {}\"}}}}",
        thread, thread);
    for (const Event& event : list.events) {
      json += fmt::format(
          ",\n{{\"name\":{},\"cat\":{},\"ph\":\"X\",\"pid\":1,\"tid\":{},\"ts\":{:.3f},\"dur\":"
          "{:.3f}",
          quoted(list.names[event.name]), quoted(event.category), thread,
          static_cast<double>(event.begin - session_->begin) / 1e3,
          static_cast<double>(event.end - event.begin) / 1e3);
      if (session_->options.memory())
        json += fmt::format(",\"args\":{{\"bytes\":{}}}", event.bytes);
      json += '}';
    }
  });
  return json + "\n]}\n";
}

void ProfilerGuard::save(const std::string& path) const {
  io::write_file(path, trace());
}

size_t ProfilerGuard::dropped() const {
  return session_->dropped;
}

}  // namespace gradus
