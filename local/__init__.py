"""What `make demo`, `make report` and the HTTP tests run on: LangSmith and AWS, embedded."""
