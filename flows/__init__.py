"""All of Prefect, and the command line."""
