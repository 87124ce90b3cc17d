"""`python -m app.demo` plays a visit, like `python -m app.demo.visit`."""

from app.demo.visit import main

if __name__ == "__main__":
    main()
