class Scale:
    def __init__(self, depth: int) -> None:
        if depth > 3:
            raise ValueError("maximum recursion depth exceeded")


scale = Scale(4)
