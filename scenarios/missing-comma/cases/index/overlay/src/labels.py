LABELS = [
    ["m", "metre"]
    ["km", "kilometre"],
    ["mi", "mile"],
]
