"""What tutorials show: `list_runs`, 100 a page, summed up; one CSV to S3, and one message.

A whole program, for whose life the report's own is measured. The last line of its errors says
how many runs it saw, and how many seconds its loop took.
"""

import csv
import io
import json
import os
import sys
import time
import warnings
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import boto3
from langsmith import Client

warnings.filterwarnings("ignore", message=r"list_runs\(\) is deprecated")
start = datetime.fromisoformat(os.environ["BENCH_DAY"]).replace(tzinfo=UTC)
client = Client(
    os.environ["LANGSMITH_ENDPOINT"],
    api_key=os.environ["LANGSMITH_API_KEY"],
    auto_batch_tracing=False,
)
s3, sns = boto3.client("s3"), boto3.client("sns")

tokens: defaultdict[str, int] = defaultdict(int)
runs = 0
begun = time.perf_counter()
for run in client.list_runs(
    project_name=os.environ["LANGSMITH_PROJECTS"],
    run_type="llm",
    start_time=start,
    end_time=start + timedelta(days=1),
):
    feature = (run.metadata or {}).get("feature", "untagged")
    tokens[feature] += (run.prompt_tokens or 0) + (run.completion_tokens or 0)
    runs += 1
seconds = time.perf_counter() - begun

table = io.StringIO()
csv.writer(table).writerows([("feature", "tokens"), *tokens.items()])
s3.put_object(
    Bucket=os.environ["REPORT_BUCKET"], Key="tutorial.csv", Body=table.getvalue().encode()
)
sns.publish(TopicArn=os.environ["ALERT_TOPIC_ARN"], Message=table.getvalue())
sys.stderr.write(json.dumps({"runs": runs, "seconds": seconds}))
