"""`python -m relay`."""

from relay.cli.main import cli

if __name__ == "__main__":
    cli(prog_name="relay")
