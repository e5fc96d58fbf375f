"""params.json: what a person asks for, checked and typed.

Belongs here: reading the file, every rule about its content, and the one view of it that the rest of the
package uses. Does not belong here: training data, nor anything that needs a service or a bucket.
"""

from forecast_platform.params.model import (
    Attribute,
    Dataset,
    Featurization,
    HyperparameterRange,
    Params,
    ParsedParams,
    SupplementaryFeature,
    TimeAlignment,
)
from forecast_platform.params.parser import parse_params

__all__ = [
    "Attribute",
    "Dataset",
    "Featurization",
    "HyperparameterRange",
    "Params",
    "ParsedParams",
    "SupplementaryFeature",
    "TimeAlignment",
    "parse_params",
]
