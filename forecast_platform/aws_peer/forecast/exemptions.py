"""Where botocore's model of Amazon Forecast says what Amazon Forecast does not hold to.

Belongs here: the list, each with its reason. Does not belong here: the checking (``protocol.validation``).
"""

from __future__ import annotations

from forecast_platform.aws_peer.protocol.validation import Exemption
from forecast_platform.frequency import Frequency

_IAM_ROLE = r"arn:[a-z\d-]+:iam::\d{12}:role/.+"
_A_ROLE = Exemption("The model asks for an ARN of Amazon Forecast, which no IAM role has.", pattern=_IAM_ROLE)
_AN_ARN = Exemption("The model's pattern allows no colon, and so no ARN.", pattern="arn:.+")
_A_STATISTIC = Exemption("The model's pattern allows no point, minus or space, and so no number and no date.")


def _is_frequency(text: str) -> bool:
    try:
        Frequency.parse(text)
    except ValueError:
        return False
    return True


EXEMPTIONS = {
    "S3Config.RoleArn": _A_ROLE,
    "EncryptionConfig.RoleArn": _A_ROLE,
    "Filter.Value": Exemption("The model asks for an ARN, and AWS's own example filters by a status."),
    "Frequency": Exemption(
        "The model's pattern knows no multiples such as 2W, which the documentation allows.",
        accepts=_is_frequency,
        expected=Frequency.ALLOWED,
    ),
    "DescribePredictorResponse.PredictorArn": Exemption(
        "The model takes it for a name.", pattern="arn:.+", any_length=True
    ),
    "ForecastSummary.PredictorArn": _AN_ARN,
    "ForecastSummary.DatasetGroupArn": _AN_ARN,
    "Statistics.Min": _A_STATISTIC,
    "Statistics.Max": _A_STATISTIC,
}
"""By structure and member, or by shape where it is wrong wherever it is used."""
