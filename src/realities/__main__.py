"""`python -m realities`: the command line."""

from realities.cli import main

if __name__ == "__main__":
    main()
