"""The types of boto3's clients, and of what they take and give: for mypy alone.

The packages that hold them are not installed where the program runs: there each is `Any`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import (
        ChangeTypeDef,
        DescribeChangeSetOutputTypeDef,
        StackEventTypeDef,
    )
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.literals import StandardUnitType
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.literals import InstanceTypeType
    from types_boto3_ec2.type_defs import (
        DescribeInstancesResultTypeDef,
        DescribeLaunchTemplateVersionsRequestTypeDef,
        FilterTypeDef,
        ImageTypeDef,
        InstanceTypeDef,
        LaunchTemplateSpecificationTypeDef,
        RouteTableTypeDef,
        RunInstancesRequestTypeDef,
        TagTypeDef,
        VolumeTypeDef,
    )
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_logs.type_defs import (
        FilteredLogEventTypeDef,
        FilterLogEventsRequestPaginateTypeDef,
        InputLogEventTypeDef,
    )
    from types_boto3_rds import RDSClient
    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import (
        CopySourceTypeDef,
        CreateBucketRequestTypeDef,
        FilterRuleTypeDef,
        GetObjectOutputTypeDef,
        HeadObjectOutputTypeDef,
        ObjectIdentifierTypeDef,
        ObjectTypeDef,
        PutObjectRequestTypeDef,
        QueueConfigurationTypeDef,
    )
    from types_boto3_service_quotas import ServiceQuotasClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType
    from types_boto3_sqs.type_defs import MessageTypeDef, ReceiveMessageRequestTypeDef
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient
else:

    def __getattr__(_name: str) -> Any:
        return Any
