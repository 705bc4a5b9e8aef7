#include "procedures/training_state.hpp"

#include <unordered_map>

#include "base/error.hpp"
#include "storage/checksum.hpp"

namespace ganymede {
namespace {

at::Tensor copy_to_host(const at::Tensor& tensor) {
  const at::Tensor own = tensor.detach();
  return own.is_cpu() ? own.clone(at::MemoryFormat::Contiguous) : own.cpu().contiguous();
}

// A tensor that is laid out like the arena, parameter by parameter.
void append_slots(TrainingState& state, const std::string& prefix, const ParameterArena& arena,
                  const at::Tensor& tensor) {
  for (const auto& slot : arena.slots())
    state.push_back({prefix + "/" + slot.name, arena.view_of(tensor, slot)});
}

void require_fitting(const at::Tensor& stored, const NamedTensor& wanted, const std::string& source) {
  const auto& [name, tensor] = wanted;
  if (stored.sizes() != tensor.sizes() || stored.scalar_type() != tensor.scalar_type())
    throw DataError(fmt::format("{}: {} is {} {}, the recipe's is {} {}: the checkpoint is of another recipe",
                                source, name, c10::toString(stored.scalar_type()), c10::str(stored.sizes()),
                                c10::toString(tensor.scalar_type()), c10::str(tensor.sizes())));
}

}  // namespace

TrainingState view_state(Procedure& procedure) {
  TrainingState state;
  for (const Player& player : procedure.players()) {
    append_slots(state, player.name + "/parameters", player.arena, player.arena.values());
    for (const auto& buffer : player.network->named_buffers())
      state.push_back({fmt::format("{}/buffers/{}", player.name, buffer.key()), buffer.value()});
    if (player.average.defined()) append_slots(state, player.name + "/average", player.arena, player.average);
    for (const auto& [name, buffer] : player.average_buffers)
      state.push_back({fmt::format("{}/average_buffers/{}", player.name, name), buffer});
    for (const auto& [name, tensor, like_arena] : player.optimizer.state()) {
      const std::string prefix = fmt::format("{}/optimizer/{}", player.name, name);
      if (like_arena)
        append_slots(state, prefix, player.arena, tensor);
      else
        state.push_back({prefix, tensor});
    }
  }
  for (const auto& [name, tensor] : procedure.own_state()) state.push_back({"procedure/" + name, tensor});
  return state;
}

TrainingState take_snapshot(Procedure& procedure) {
  TrainingState copies = view_state(procedure);
  for (NamedTensor& named : copies) named.tensor = copy_to_host(named.tensor);
  return copies;
}

std::uint32_t checksum_state(const TrainingState& state) {
  std::uint32_t checksum = 0;
  for (const auto& [name, tensor] : state) checksum = crc32_of_tensor(tensor.cpu(), checksum);
  return checksum;
}

std::uint32_t checksum_state(Procedure& procedure) {
  return checksum_state(view_state(procedure));
}

std::optional<std::string> find_not_finite(const TrainingState& state) {
  for (const auto& [name, tensor] : state)
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) return name;
  return std::nullopt;
}

void restore_state(const TrainingState& stored, Procedure& procedure, const std::string& source) {
  const at::NoGradGuard no_grad;
  std::unordered_map<std::string, at::Tensor> by_name;
  for (const auto& [name, tensor] : stored) by_name.emplace(name, tensor);
  const TrainingState wanted = view_state(procedure);
  for (const NamedTensor& named : wanted) {
    const auto found = by_name.find(named.name);
    if (found == by_name.end())
      throw DataError(
          fmt::format("{}: {} is missing: the checkpoint is of another recipe", source, named.name));
    require_fitting(found->second, named, source);
  }
  if (const auto name = find_not_finite(stored))
    throw DataError(fmt::format("{}: {} is not finite: its training has diverged", source, *name));
  for (const auto& [name, tensor] : wanted) tensor.copy_(by_name.at(name));
}

void broadcast_state(Communicator& communicator, Procedure& procedure) {
  const at::NoGradGuard no_grad;
  GradientExchange& exchange = communicator.gradients();
  for (const Player& player : procedure.players()) {
    exchange.broadcast_values_(player.arena.values());
    if (player.average.defined()) exchange.broadcast_values_(player.average);
    for (const at::Tensor& buffer : player.network->buffers()) communicator.broadcast_(buffer);
    for (const auto& [name, buffer] : player.average_buffers) communicator.broadcast_(buffer);
    for (const auto& state : player.optimizer.state())
      state.like_arena ? exchange.broadcast_values_(state.tensor) : communicator.broadcast_(state.tensor);
  }
  for (const auto& [name, tensor] : procedure.own_state()) communicator.broadcast_(tensor);
}

}  // namespace ganymede
