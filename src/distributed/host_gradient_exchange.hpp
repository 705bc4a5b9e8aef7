// Gradients in the memory of hosts. The ranks of a host group share one copy of the values and sum in each
// other's gradients; owners with the same place in their groups then exchange messages, for which a derived
// class has the means. Without one: of a single host group.
#pragma once

#include <optional>

#include "distributed/communication_thread.hpp"
#include "distributed/gradient_exchange.hpp"

namespace ganymede {

class HostGradientExchange : public GradientExchange {
 public:
  using GradientExchange::GradientExchange;

  at::Tensor allocate_values(std::int64_t elements, at::ScalarType dtype) override;
  Gradients allocate_gradients(std::int64_t elements, at::ScalarType dtype) override;
  bool writes_values() const override { return communicator().host_group().rank() == 0; }

  std::int64_t bucket_bytes() const override { return bucket_bytes_; }
  ElementRange owned_part(ElementRange bucket) const override;

  // Sums go along the binary tree over ranks where host groups are equally large and their number is a power
  // of two (tree_sum.hpp).
  void start_sums(const Gradients& gradients, std::span<const ElementRange> buckets) override;
  bool gathers_factors() const override { return gathers_factors_; }
  void start_gather(const at::Tensor& own, const at::Tensor& all) override;
  void finish_sums() override;
  void abandon_sums() noexcept override;

  void publish(const at::Tensor& buffer, std::span<const ElementRange> buckets, std::int64_t block) override;
  void broadcast_values_(const at::Tensor& buffer) override;
  void all_reduce_sum_(const at::Tensor& tensor) override { communicator().all_reduce_sum_(tensor); }
  at::Tensor all_gather(const at::Tensor& tensor) override { return communicator().all_gather(tensor); }

  bool can_overlap() const override { return background_ || takes_turns_; }
  bool leaves_overlap_open() const override { return leaves_overlap_open_; }
  double hidden_seconds() const override {
    return background_ ? background_->hidden_seconds() : hidden_seconds_;
  }

  // From now on sums can go on in a thread, over another communicator of the same ranks and host groups.
  void start_background(std::unique_ptr<Communicator> of_thread, std::int64_t bucket_bytes,
                        bool leaves_overlap_open);
  // Where each host group has one rank, from now on:
  // Sums can go on in turns with what this rank computes, without a thread.
  void take_turns(std::int64_t bucket_bytes, bool leaves_overlap_open);
  // Factors may travel in place of gradients.
  void gather_factors();

 private:
  // Of each host group as many ranks own parts as the smallest group has.
  virtual int owners() const { return communicator().host_group().size(); }
  // Over the owners with the same place in their groups; only they call it.
  virtual void sum_across_hosts_(const at::Tensor&) {}
  // Where each group has one rank: what begins may go on while this rank computes, and ends together.
  virtual void begin_sum(const at::Tensor& tensor) { sum_across_hosts_(tensor); }
  virtual void begin_gather(const at::Tensor& own, const at::Tensor& all) { all[0].copy_(own); }
  virtual void end_all() {}
  virtual void abandon_all() noexcept {}
  // Over the first ranks of the groups; only they call it.
  virtual void broadcast_across_hosts_(const at::Tensor&) {}
  // Whether ranks compare what they sum in the background before they do. It costs a message more, which
  // tests can spend.
  virtual bool compares_background_sums() const { return false; }

  void sum_to_owners(const Gradients& gradients, ElementRange bucket);
  template <typename Action>
  void begin(Action action);
  void ensure_lone_ranks() const;
  void submit(const Gradients& gradients, ElementRange bucket);

  std::int64_t numbers_ = 0;
  std::int64_t bucket_bytes_ = 0;
  bool leaves_overlap_open_ = false;
  bool takes_turns_ = false, gathers_factors_ = false;
  // Since the first of the sums that are, with what communication had taken until then.
  struct UnderWay {
    Stopwatch stopwatch;
    double seconds_before;
  };
  std::optional<UnderWay> under_way_;
  double hidden_seconds_ = 0;
  std::optional<CommunicationThread> background_;
};

}  // namespace ganymede
