// A bounded queue from one producing thread to one consuming thread, which also carries the producer's
// exception: the consumer meets it after the items that were made before it.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>

namespace ganymede {

template <typename Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Producer. Waits for room; false once the queue is closed.
  bool push(Item item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  // Producer, as its last call.
  void fail(std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
    changed_.notify_all();
  }

  // Consumer. Waits for an item; throws the producer's exception when none is left, each time again. Nothing
  // once the queue is closed.
  std::optional<Item> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || error_ || !items_.empty(); });
    if (closed_) return std::nullopt;
    if (items_.empty()) std::rethrow_exception(error_);
    std::optional<Item> item(std::move(items_.front()));
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  // Any thread: ends what waits in push or pop.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::size_t capacity_;
  std::exception_ptr error_;
  bool closed_ = false;
};

}  // namespace ganymede
