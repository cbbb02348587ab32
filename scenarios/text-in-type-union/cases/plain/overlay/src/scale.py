class Scale:
    name = "metric"


MaybeScale = "Scale" | None


def name_of(scale: MaybeScale) -> str:
    return "" if scale is None else scale.name
