// The grammar of recipes: which key stands where, and what it may be. Written once; the reader and the writer
// are both visitors of it. Included by recipe.cpp only.
#pragma once

#include "recipe/cycle_grammar.hpp"
#include "recipe/gan_grammar.hpp"
#include "recipe/recipe.hpp"
#include "recipe/sequence_grammar.hpp"

namespace ganymede {

inline constexpr std::array<std::pair<const char*, Precision>, 3> kPrecisions{
    {{"float32", Precision::float32}, {"float64", Precision::float64}, {"mixed", Precision::mixed}}};

inline constexpr std::array<std::pair<const char*, DeviceChoice>, 3> kDevices{
    {{"auto", DeviceChoice::automatic}, {"cpu", DeviceChoice::cpu}, {"cuda", DeviceChoice::cuda}}};

inline constexpr std::array<std::pair<const char*, NodeSharing>, 2> kNodeSharings{
    {{"auto", NodeSharing::automatic}, {"off", NodeSharing::off}}};
inline constexpr std::array<std::pair<const char*, Overlap>, 3> kOverlaps{
    {{"auto", Overlap::automatic}, {"on", Overlap::on}, {"off", Overlap::off}}};

inline constexpr std::array<std::pair<const char*, Factors>, 3> kFactors{
    {{"auto", Factors::automatic}, {"on", Factors::on}, {"off", Factors::off}}};

template <typename Visitor>
void visit_options(Visitor& visitor, ReproducibleOptions& options) {
  visitor.value("replicas", options.replicas, kBatchSize);
}

inline constexpr Range kDeadline{
    .low = 1, .high = 1e9, .expected = "a number of seconds from 1 on", .says_high = false};

template <typename Visitor>
void visit_options(Visitor& visitor, CommunicationOptions& options) {
  visitor.choice("node_sharing", options.node_sharing, kNodeSharings);
  visitor.choice("overlap", options.overlap, kOverlaps);
  visitor.choice("factors", options.factors, kFactors);
  visitor.value("bucket_bytes", options.bucket_bytes, kPositiveInteger, /*when_left_out=*/"auto");
  visitor.value("deadline_seconds", options.deadline_seconds, kDeadline);
}

inline constexpr Range kNodes{.low = 1, .high = 256, .expected = "an integer from 1 to 256"};

template <typename Visitor>
void visit_options(Visitor&, GlobalOrder&) {}

template <typename Visitor>
void visit_options(Visitor& visitor, NodeOrder& order) {
  visitor.required("nodes");
  visitor.value("nodes", order.nodes, kNodes);
}

template <typename Visitor>
void visit_options(Visitor& visitor, DataOptions& options) {
  visitor.required("path");
  visitor.value("path", options.path);
  visitor.value("held_out", options.held_out);
  visitor.value("pixels", options.pixels);
  visitor.value("global_batch_size", options.global_batch_size, kBatchSize);
  visitor.value("horizontal_flip", options.horizontal_flip);
  visitor.choice("order", options.order, Alternative<GlobalOrder>{"global"}, Alternative<NodeOrder>{"node"});
}

inline constexpr std::array<std::pair<const char*, Extreme>, 2> kExtremes{
    {{"lowest", Extreme::lowest}, {"highest", Extreme::highest}}};
inline constexpr std::array<std::pair<const char*, CheckpointFailure>, 2> kCheckpointFailures{
    {{"stop", CheckpointFailure::stop}, {"warn", CheckpointFailure::warn}}};

template <typename Visitor>
void visit_options(Visitor& visitor, BestOptions& options) {
  visitor.required("scalar");
  visitor.required("of");
  visitor.value("scalar", options.scalar);
  visitor.choice("of", options.of, kExtremes);
}

inline constexpr Range kRateFactor{
    .low = 0, .high = 1, .low_open = true, .expected = "a number from, but not, 0 to 1"};

template <typename Visitor>
void visit_options(Visitor&, StopAtDivergence&) {}

template <typename Visitor>
void visit_options(Visitor& visitor, RollBack& options) {
  visitor.value("times", options.times, kPositiveInteger);
  visitor.value("learning_rate", options.learning_rate, kRateFactor);
}

template <typename Visitor>
void visit_options(Visitor& visitor, TrainOptions& options) {
  visitor.value("steps", options.steps, kSteps);
  visitor.value("epochs", options.epochs, kEpochs);
  visitor.value("seconds", options.seconds, kPositiveNumber);
  visitor.value("report_every", options.report_every, kPositiveInteger);
  visitor.value("sample_every", options.sample_every, kPositiveInteger);
  visitor.value("measure_every", options.measure_every, kPositiveInteger);
  visitor.value("checkpoint_every", options.checkpoint_every, kPositiveInteger);
  visitor.value("keep", options.keep.newest, kPositiveInteger);
  visitor.value("keep_every", options.keep.every, kPositiveInteger);
  visitor.optional_section("keep_best", options.keep.best);
  visitor.choice("on_checkpoint_failure", options.on_checkpoint_failure, kCheckpointFailures);
  visitor.value("compare_every", options.compare_every, kPositiveInteger);
  visitor.choice("on_divergence", options.on_divergence, Alternative<StopAtDivergence>{"stop"},
                 Alternative<RollBack>{"rollback"});
}

template <typename Visitor>
void visit_options(Visitor& visitor, Recipe& recipe) {
  visitor.required("name");
  visitor.value("name", recipe.name);
  visitor.value("tutorial", recipe.tutorial);
  visitor.value("description", recipe.description);
  visitor.value("seed", recipe.seed, kSeedRange);
  visitor.choice("precision", recipe.precision, kPrecisions);
  visitor.choice("device", recipe.device, kDevices);
  visitor.section("data", [&](auto& inner) { visit_options(inner, recipe.data); });
  visitor.one_section(recipe.procedure, Alternative<AdversarialOptions>{"gan"},
                      Alternative<SequenceOptions>{"sequence"}, Alternative<CycleOptions>{"cycle"});
  visitor.section("train", [&](auto& inner) { visit_options(inner, recipe.train); });
  visitor.optional_section("reproducible", recipe.reproducible);
  visitor.section("communication", [&](auto& inner) { visit_options(inner, recipe.communication); });
}

}  // namespace ganymede
