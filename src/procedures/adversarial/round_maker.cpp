#include "procedures/adversarial/round_maker.hpp"

#include "procedures/adversarial/mismatched_captions.hpp"

namespace ganymede {

RoundMaker::RoundMaker(const AdversarialOptions& options, const ProcedureSetting& setting,
                       Conditioner& conditioner, Communicator& communicator)
    : source_(setting.sources.front()),
      shape_(source_.sample().image_shape()),
      packing_(options.packing),
      conditioner_(conditioner),
      communicator_(communicator) {
  const auto* text = std::get_if<TextCondition>(&options.condition);
  if (text == nullptr) return;
  mismatch_weight_ = text->mismatch_weight;
  captions_ = *find_captions(source_);
}

std::vector<Batch> RoundMaker::prepare(std::vector<Batch> batches) {
  if (!mismatch_weight_) return batches;
  const bool mismatches = *mismatch_weight_ > 0;
  const auto label = source_.find(Meaning::label);
  for (Batch& batch : batches) {
    if (!mismatches && conditioner_.shows_captions()) break;
    const BatchCaptions all = gather_captions(
        batch, batch.fields[captions_], label ? batch.fields[*label] : at::Tensor(), packing_, communicator_);
    if (!conditioner_.shows_captions()) conditioner_.show(all.captions);
    if (!mismatches) break;
    MismatchedCaptions mismatched = mismatched_captions(all, {batch.first_place, batch.rows()});
    batch.fields.push_back(std::move(mismatched.captions));
    batch.fields.push_back(std::move(mismatched.found));
  }
  return batches;
}

Round RoundMaker::begin(const StepSeed& seed, std::int64_t critic_iteration, const Batch& batch) const {
  Round round{.real = batch.fields.front().view({batch.rows(), shape_.channels, shape_.height, shape_.width}),
              .first_place = batch.first_place,
              .global_batch_size = batch.global_batch_size,
              .seed = seed,
              .critic_iteration = critic_iteration};
  if (conditioner_.classes() > 0) round.real_labels = batch.fields[*source_.find(Meaning::label)];
  if (mismatch_weight_) round.captions = batch.fields[captions_];
  if (mismatch_weight_ && *mismatch_weight_ > 0) {
    const std::size_t own = source_.fields.size();
    round.mismatched_captions = batch.fields[own];
    round.has_mismatched = batch.fields[own + 1];
  }
  return round;
}

}  // namespace ganymede
