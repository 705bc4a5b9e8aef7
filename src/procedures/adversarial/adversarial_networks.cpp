#include "base/error.hpp"
#include "data/samples/captions.hpp"
#include "procedures/adversarial/adversarial_procedure.hpp"
#include "procedures/adversarial/streams.hpp"

namespace ganymede {
namespace {

ImageShape packed(ImageShape shape, std::int64_t packing) {
  shape.channels *= packing;
  return shape;
}

void check_source(const AdversarialOptions& options, const DataSpec& source) {
  const Field& sample = source.sample();
  require(sample.meaning == Meaning::pixels || sample.meaning == Meaning::numbers,
          "`gan` trains from images or points, but the dataset holds {}", sample.name);
  require(
      !std::holds_alternative<LabelCondition>(options.condition) || source.classes() > 0,
      "gan.condition is labels, but the dataset has none; import it with labels, or leave gan.condition out");
  require(
      !std::holds_alternative<TextCondition>(options.condition) || find_captions(source),
      "gan.condition is text, but the dataset has no captions; import it with captions (`ganymede dataset "
      "import coco`), or leave gan.condition out");
}

// Null unless conditioned by text.
std::shared_ptr<Network> make_encoder(const AdversarialOptions& options, const ProcedureSetting& setting) {
  const auto* text = std::get_if<TextCondition>(&options.condition);
  if (text == nullptr) return nullptr;
  const DataSpec& source = setting.sources.front();
  return make_caption_encoder(text->encoder, text->update.spectral_norm,
                              {.vocabulary = source.fields[*find_captions(source)].values,
                               .seed = setting.seed,
                               .id = NetworkId::encoder,
                               .compute = setting.compute});
}

// Of what a network is told of a sample; 0 without conditioning.
std::int64_t condition_size(const AdversarialOptions& options, const DataSpec& source) {
  if (const auto* text = std::get_if<TextCondition>(&options.condition)) return text->encoder.condition_size;
  return conditioned_classes(options, source);
}

}  // namespace

AdversarialNetworks make_adversarial_networks(const AdversarialOptions& options,
                                              const ProcedureSetting& setting, Communicator& communicator) {
  check_source(options, setting.sources.front());
  const ImageShape shape = setting.sources.front().sample().image_shape();
  const std::int64_t condition = condition_size(options, setting.sources.front());
  AdversarialNetworks networks{
      .generator = make_generator(options.generator.network, options.generator.update.spectral_norm,
                                  {.shape = shape,
                                   .condition_size = condition,
                                   .seed = setting.seed,
                                   .id = NetworkId::generator,
                                   .communicator = communicator},
                                  setting.compute),
      .discriminator =
          make_discriminator(options.discriminator.network, options.discriminator.update.spectral_norm,
                             {.shape = packed(shape, options.packing),
                              .condition_size = condition * options.packing,
                              .seed = setting.seed,
                              .id = NetworkId::discriminator,
                              .communicator = communicator},
                             setting.compute),
      .encoder = make_encoder(options, setting)};
  if (options.feature_matching && options.feature_matching->layer)
    require(*options.feature_matching->layer <= networks.discriminator->hidden_layers(),
            "gan.feature_matching.layer is {}; the discriminator has hidden layers 1 to {}",
            *options.feature_matching->layer, networks.discriminator->hidden_layers());
  return networks;
}

JoinRanks prepare_procedure(const AdversarialOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator) {
  return [=, &communicator, networks = make_adversarial_networks(options, setting, communicator)] {
    return make_adversarial_procedure(options, setting, networks, communicator);
  };
}

}  // namespace ganymede
