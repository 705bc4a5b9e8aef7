#include "procedures/cycle/cycle_networks.hpp"

#include "base/counted.hpp"
#include "procedures/cycle/streams.hpp"

namespace ganymede {
namespace {

void check_domain(const DataSpec& source) {
  const Field& sample = source.sample();
  require(sample.meaning == Meaning::pixels, "`cycle` trains from images, but a dataset holds {}",
          sample.name);
  const std::int64_t channels = sample.image_shape().channels;
  require(channels == 1 || channels == 3,
          "`cycle` trains from grey images and colours, but those of a dataset have {}; expected 1 or 3",
          counted(channels, "channel"));
}

// The shapes of the domains. Throws UserError unless they are two domains of images of one size.
OfDomains<ImageShape> check_domains(const CycleOptions& options, const std::vector<DataSpec>& sources) {
  ensure(sources.size() == source_count(options), "a procedure gets the sources that it names");
  for (const DataSpec& source : sources) check_domain(source);
  const ImageShape a = sources[0].sample().image_shape(), b = sources[1].sample().image_shape();
  require(
      a.height == b.height && a.width == b.width,
      "the images of the two domains are {} x {} and {} x {}; expected one size: import one of them again",
      a.height, a.width, b.height, b.width);
  return {a, b};
}

}  // namespace

CycleNetworks make_cycle_networks(const CycleOptions& options, const ProcedureSetting& setting,
                                  Communicator& communicator) {
  CycleNetworks networks{
      .generators = {}, .discriminators = {}, .shapes = check_domains(options, setting.sources)};
  const OfDomains<ImageShape>& shapes = networks.shapes;
  for (const std::size_t domain : kDomains) {
    const auto of_network = [&](std::size_t makes_or_sees, StreamCode id) {
      return NetworkSetting{
          .shape = shapes[makes_or_sees], .seed = setting.seed, .id = id, .communicator = communicator};
    };
    networks.generators[domain] = make_translator(
        options.generator.network, options.generator.update.spectral_norm, shapes[domain].channels,
        of_network(other_domain(domain), kGeneratorIds[domain]), setting.compute);
    networks.discriminators[domain] =
        make_patch_judge(options.discriminator.network, options.discriminator.update.spectral_norm,
                         of_network(domain, kDiscriminatorIds[domain]), setting.compute);
  }
  return networks;
}

}  // namespace ganymede
