"""A dropoff tree, a store and a clock for sensor and trigger."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from refdata.dropoff import ensure_tree
from refdata.watching import ReadRunState, ReadValue, Request, WriteValue

FULL = "reference_data_table/fullload"


@dataclass
class FakeAirflow:
    """Answers requests from memory, in place of ``AssetAnswers``; calling it binds the asset's name."""

    values: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    assets: list[str] = field(default_factory=list)

    def __call__(self, asset: str) -> FakeAirflow:
        self.assets.append(asset)
        return self

    def now(self, request: Request) -> Any:
        match request:
            case ReadRunState(dag_id, run_id):
                return self.runs.get(f"{dag_id}/{run_id}")
            case ReadValue(key):
                return json.loads(self.values[key]) if key in self.values else None
            case WriteValue(key, value):
                self.values[key] = json.dumps(value)
                return True
        return None

    async def later(self, request: Request) -> Any:
        return self.now(request)

    def counts(self) -> dict[str, int]:
        """How many files the store knows under each phase and count, such as ``{"w3": 1}``."""
        groups = [json.loads(value)["files"] for value in self.values.values()]
        return {name: len(text) // 24 for group in groups for name, text in group.items()}


@pytest.fixture
def airflow() -> FakeAirflow:
    return FakeAirflow()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ensure_tree(tmp_path)
    return tmp_path


def drop(root: Path, name: str, text: str = "code\nNA\n") -> Path:
    path = root / FULL / name
    path.write_text(text)
    return path
