"""docker/kubernetes fits refdata. `benchmarks/kubernetes_files.py` validates it by the chart and by Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from refdata import __version__
from refdata.core.settings import specs

ROOT = Path(__file__).parents[2]
FILES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docker" / "kubernetes").iterdir()}
VALUES: dict[str, Any] = yaml.safe_load(FILES["values.yaml"])
POD: dict[str, Any] = yaml.safe_load(FILES["pod_template.yaml"])
TASK: dict[str, Any] = POD["spec"]["containers"][0]
MOUNTED = {volume["name"]: volume for volume in POD["spec"]["volumes"]}


def test_airflow_and_refdata_are_of_the_versions_that_are_tested() -> None:
    pinned = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned
    assert VALUES["airflowVersion"] == pinned[1]
    assert VALUES["images"]["airflow"]["tag"] == __version__


def test_two_of_every_component_run() -> None:
    components = ("scheduler", "triggerer", "dagProcessor", "apiServer")
    assert {name: VALUES[name]["replicas"] for name in components} == dict.fromkeys(components, 2)


def test_the_settings_of_refdata_that_they_name_exist() -> None:
    known = {spec.name for spec in specs()}
    variables = re.findall(r"AIRFLOW__REFDATA__(\w+)", "".join(FILES.values()))
    assert {*VALUES["config"]["refdata"], *(name.lower() for name in variables)} <= known


def test_a_task_has_the_image_the_connection_and_the_folder_of_the_other_components() -> None:
    image = VALUES["images"]["airflow"]
    assert TASK["image"] == f"{image['repository']}:{image['tag']}"
    assert "AIRFLOW_CONN_REFDATA_DEFAULT" in {entry["name"] for entry in yaml.safe_load(VALUES["extraEnv"])}
    assert [entry for entry in yaml.safe_load(VALUES["extraEnv"]) if entry not in TASK["env"]] == []
    assert [volume for volume in VALUES["volumes"] if MOUNTED[volume["name"]] != volume] == []
    assert [mount for mount in VALUES["volumeMounts"] if mount not in TASK["volumeMounts"]] == []
    assert VALUES["config"]["refdata"]["dropoff_root"] in {mount["mountPath"] for mount in TASK["volumeMounts"]}


def test_a_task_mounts_every_volume_and_no_other() -> None:
    assert sorted(mount["name"] for mount in TASK["volumeMounts"]) == sorted(MOUNTED)


def test_secrets_are_named_and_never_written() -> None:
    named = {entry["valueFrom"]["secretKeyRef"]["name"] for entry in TASK["env"] if "valueFrom" in entry}
    assert named == {VALUES["fernetKeySecretName"], VALUES["data"]["metadataSecretName"], "refdata"}
    assert [
        entry["name"] for entry in TASK["env"] if re.search("KEY|CONN|SECRET", entry["name"]) and "value" in entry
    ] == []
