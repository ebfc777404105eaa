"""One module for each outside service; its errors leave here as ours."""
