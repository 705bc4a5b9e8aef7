#include "networks/dropout.hpp"

#include "base/error.hpp"
#include "kernels/random_tensor.hpp"

namespace ganymede {

at::Tensor dropout(const at::Tensor& input, double probability, StreamCode network, std::uint8_t layer,
                   const ForwardContext& context) {
  if (!context.training || probability == 0.0) return input;
  std::vector<at::Tensor> masks;
  std::int64_t rows = 0;
  for (const Segment& segment : context.segments) {
    const StreamId stream{.purpose = Purpose::dropout,
                          .network = network,
                          .layer = layer,
                          .pass = segment.pass,
                          .iteration = static_cast<std::uint8_t>(context.iteration)};
    std::vector<std::int64_t> shape = input.sizes().vec();
    shape[0] = segment.rows;
    rows += segment.rows;
    masks.push_back(draw_dropout_mask(TensorStream(context.seed, stream), segment.first_place, shape,
                                      probability, input.options()));
  }
  ensure(rows == input.size(0), "the segments of a forward pass cover its rows");
  return input * (masks.size() == 1 ? masks.front() : at::cat(masks));
}

}  // namespace ganymede
