"""Validates docker/kubernetes: the values against the chart's schema, and all that the chart makes of them.

usage: python -m benchmarks.kubernetes_files --chart FOLDER [--kubernetes 1.34]

Renders the official Helm chart of Apache Airflow, unpacked in ``--chart``, as ``helm template`` does, once with the pod
template of this project and once with the chart's own, and validates every object, and the pod template, strictly
against the schemas of that version of Kubernetes. The pod template must have what the chart's own has of environment,
volumes and mounts, as far as a task needs it. Exit code 1 when anything is wrong.

Needs two packages that nothing else needs: ``uv pip install --target FOLDER helm-python-sdk kubernetes-validate``, and
that folder in ``PYTHONPATH``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from rich.console import Console
from rich.table import Table
from scripts.local_airflow import PROJECT

FILES = PROJECT / "docker" / "kubernetes"
VALUES, POD = FILES / "values.yaml", FILES / "pod_template.yaml"
RELEASE, NAMESPACE = "airflow", "airflow"
NOT_FOR_TASKS = {
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW_CONN_AIRFLOW_DB",
    "/opt/airflow/config/airflow_local_settings.py",
}
"""What the chart puts into every pod and a task does not need."""


def rendered(chart: Path, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that the chart makes, with the name of their template."""
    helm = import_module("helm_python")  # not a dependency: its types need not be there
    with helm.Chart.load(str(chart)) as loaded:
        texts = loaded.render(values, name=RELEASE, namespace=NAMESPACE)
    return [
        found
        for name, text in texts.items()
        if name.endswith(".yaml")
        for found in yaml.safe_load_all(text)
        if found and "kind" in found
    ]


def invalid(found: dict[str, Any], version: str) -> str:
    """Why Kubernetes would refuse an object; empty where it would not."""
    kubernetes = import_module("kubernetes_validate")
    try:
        kubernetes.validate(found, version, strict=True)
    except kubernetes.ValidationError as error:
        return f"{found['kind']} {found['metadata']['name']}: {'.'.join(map(str, error.path))}: {error.message}"
    except kubernetes.SchemaNotFoundError as error:
        return f"{found['kind']}: {error.message}"
    return ""


def pod_in(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The pod template that the chart hands to Airflow."""
    name = "pod_template_file.yaml"
    texts = [found["data"][name] for found in objects if found["kind"] == "ConfigMap" and name in found["data"]]
    return dict(yaml.safe_load(texts[0]))


def lacks(own: dict[str, Any], charts: dict[str, Any]) -> Iterator[str]:
    """What the chart's own pod template has and ours lacks."""
    for what, key, names in (("variable", "env", "name"), ("mount", "volumeMounts", "mountPath")):
        of = [{entry[names] for entry in pod["spec"]["containers"][0][key]} for pod in (own, charts)]
        yield from (f"the pod template lacks the {what} {name}" for name in sorted(of[1] - of[0] - NOT_FOR_TASKS))
    volumes = [{entry["name"]: entry for entry in pod["spec"]["volumes"]} for pod in (own, charts)]
    for name, volume in volumes[1].items():
        if volumes[0].get(name) != volume:
            yield f"the volume {name} is {volumes[0].get(name)}, the chart has {volume}"
    for key in ("serviceAccountName", "restartPolicy"):
        if own["spec"].get(key) != charts["spec"][key]:
            yield f"{key} is {own['spec'].get(key)}, the chart has {charts['spec'][key]}"


def main() -> int:
    """Runs what the arguments ask for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--chart", type=Path, required=True)
    options.add_argument("--kubernetes", default="1.34", help="version whose schemas are used")
    chosen = options.parse_args()
    values, pod = yaml.safe_load(VALUES.read_text()), yaml.safe_load(POD.read_text())
    schema = json.loads((chosen.chart / "values.schema.json").read_text())
    wrong = [
        f"values.yaml: {'.'.join(map(str, error.path))}: {error.message}"
        for error in jsonschema.Draft7Validator(schema).iter_errors({**values, "podTemplate": POD.read_text()})
    ]
    grid = Table("Rendered with", "Objects", "Kinds", "Refused")
    both = {"pod_template.yaml": {**values, "podTemplate": POD.read_text()}, "the chart's own template": values}
    pods = []
    for name, given in both.items():
        objects = rendered(chosen.chart, given)
        pods.append(pod_in(objects))
        refused = [why for found in [*objects, pods[-1]] if (why := invalid(found, chosen.kubernetes))]
        wrong += refused
        grid.add_row(name, str(len(objects)), str(len({found["kind"] for found in objects})), str(len(refused)))
    if pods[0] != pod:
        wrong.append("the chart changes the pod template")
    wrong += lacks(*pods)
    console = Console(width=120)
    console.print(grid)
    console.print(
        *wrong or ["The values follow the chart's schema; Kubernetes takes every object."], sep="\n", markup=False
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
