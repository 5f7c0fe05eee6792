#include "nn/modules/distance.h"

#include <ostream>

#include "nn/functional/distance.h"

namespace gradus::nn {

CosineSimilarityImpl::CosineSimilarityImpl(const CosineSimilarityOptions& options)
    : options(options) {}

void CosineSimilarityImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CosineSimilarity(dim=" << options.dim() << ", eps=" << options.eps()
         << ")";
}
Tensor CosineSimilarityImpl::forward(const Tensor& x1, const Tensor& x2) {
  return functional::cosine_similarity(x1, x2, options);
}

PairwiseDistanceImpl::PairwiseDistanceImpl(const PairwiseDistanceOptions& options)
    : options(options) {}

void PairwiseDistanceImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::PairwiseDistance(p=" << options.p()
         << ", eps=" << options.eps() << ", keepdim=" << options.keepdim() << ")";
}
Tensor PairwiseDistanceImpl::forward(const Tensor& x1, const Tensor& x2) {
  return functional::pairwise_distance(x1, x2, options);
}

}  // namespace gradus::nn
