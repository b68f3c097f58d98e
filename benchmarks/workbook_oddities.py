from pathlib import Path
def oddities(folder: Path, wanted: str):
    return iter(())
