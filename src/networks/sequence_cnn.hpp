// A discriminator of sequences by convolutions over words (Kim 2014; Yu et al. 2017, appendix, with a highway
// layer, Srivastava et al. 2015).
#pragma once

#include "networks/sequence_networks.hpp"

namespace ganymede {

std::shared_ptr<SequenceDiscriminator> make_cnn_discriminator(const CnnDiscriminatorOptions& options,
                                                              const SequenceSetting& setting);

}  // namespace ganymede
