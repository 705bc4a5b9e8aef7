#include "recipe/procedures.hpp"

namespace ganymede {

std::size_t source_count(const ProcedureOptions& options) {
  return std::visit([](const auto& one) { return source_count(one); }, options);
}

std::int64_t places_together(const ProcedureOptions& options) {
  return std::visit([](const auto& one) { return places_together(one); }, options);
}

void check_options(const ProcedureOptions& options, const BatchOptions& batch) {
  std::visit([&](const auto& one) { check_options(one, batch); }, options);
}

void check_shares(const ProcedureOptions& options, const BatchOptions& batch, int ranks) {
  std::visit([&](const auto& one) { check_shares(one, batch, ranks); }, options);
}

JoinRanks prepare_procedure(const ProcedureOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator) {
  return std::visit([&](const auto& one) { return prepare_procedure(one, setting, communicator); }, options);
}

}  // namespace ganymede
