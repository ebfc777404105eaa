"""Parameters in SSM, reports and what was sent in S3, messages through SNS.

Knows keys, conditional writes and AWS's limits. Knows nothing of what the texts say.
"""
