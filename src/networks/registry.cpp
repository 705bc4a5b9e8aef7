#include "networks/registry.hpp"

namespace ganymede {
namespace {

// One function a network, overloaded on its options.
struct GeneratorMaker {
  const ImageShape& shape;
  std::uint64_t seed;
  Communicator& communicator;
  std::shared_ptr<Network> operator()(const MlpGeneratorOptions& options) const {
    return make_mlp_generator(options, shape, seed);
  }
  std::shared_ptr<Network> operator()(const DcganGeneratorOptions& options) const {
    return make_dcgan_generator(options, shape, seed, communicator);
  }
};

struct DiscriminatorMaker {
  const ImageShape& shape;
  std::uint64_t seed;
  std::shared_ptr<Network> operator()(const MlpDiscriminatorOptions& options) const {
    return make_mlp_discriminator(options, shape, seed);
  }
  std::shared_ptr<Network> operator()(const DcganDiscriminatorOptions& options) const {
    return make_dcgan_discriminator(options, shape, seed);
  }
};

}  // namespace

std::int64_t noise_size(const GeneratorOptions& options) {
  return std::visit([](const auto& network) { return network.noise_size; }, options);
}

std::shared_ptr<Network> make_generator(const GeneratorOptions& options, const ImageShape& shape,
                                        std::uint64_t seed, at::ScalarType dtype,
                                        Communicator& communicator) {
  auto network = std::visit(GeneratorMaker{shape, seed, communicator}, options);
  network->to(dtype);
  return network;
}

std::shared_ptr<Network> make_discriminator(const DiscriminatorOptions& options, const ImageShape& shape,
                                            std::uint64_t seed, at::ScalarType dtype) {
  auto network = std::visit(DiscriminatorMaker{shape, seed}, options);
  network->to(dtype);
  return network;
}

}  // namespace ganymede
