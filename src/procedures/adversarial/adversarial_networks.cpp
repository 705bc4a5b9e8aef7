#include "base/error.hpp"
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
      options.condition == Conditioning::none || source.classes() > 0,
      "gan.condition is labels, but the dataset has none; import it with labels, or leave gan.condition out");
}

}  // namespace

AdversarialNetworks make_adversarial_networks(const AdversarialOptions& options,
                                              const ProcedureSetting& setting, Communicator& communicator) {
  check_source(options, setting.sources.front());
  const ImageShape shape = setting.sources.front().sample().image_shape();
  const std::int64_t classes = conditioned_classes(options, setting.sources.front());
  AdversarialNetworks networks{
      .generator = make_generator(options.generator.network, options.generator.update.spectral_norm,
                                  {.shape = shape,
                                   .condition_size = classes,
                                   .seed = setting.seed,
                                   .id = NetworkId::generator,
                                   .communicator = communicator},
                                  setting.dtype),
      .discriminator =
          make_discriminator(options.discriminator.network, options.discriminator.update.spectral_norm,
                             {.shape = packed(shape, options.packing),
                              .condition_size = classes * options.packing,
                              .seed = setting.seed,
                              .id = NetworkId::discriminator,
                              .communicator = communicator},
                             setting.dtype)};
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
