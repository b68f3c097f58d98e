"""OpenLineage: which file became which table, for Airflow's OpenLineage provider, where that is installed.

The provider calls an operator's ``get_openlineage_facets_on_complete`` when its task has succeeded, in its own
process, within ``[openlineage] execution_timeout``. A failure here is logged and fails no load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from refdata.core.filemodel import ScannedColumn
from refdata.core.model import DroppedFile, Table, TableName
from refdata.ingest.context import Deps, Detection, Loaded
from refdata.notifications.assets import table_address

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import Dataset, InputDataset, OutputDataset
    from openlineage.client.facet_v2 import DatasetFacet
    from openlineage.client.generated.column_lineage_dataset import ColumnLineageDatasetFacet


@dataclass(frozen=True, slots=True)
class FileToTable:
    """A load that published rows."""

    file: DroppedFile
    detection: Detection
    loaded: Loaded


def lineage_of(deps: Deps, published: FileToTable) -> OperatorLineage[Any, Any]:
    """The file as input and its table as output, with columns, rows, bytes and version.

    :raises ImportError: when the provider is not installed; then this is never called.
    :raises RefdataError: when the table's columns cannot be read from the database.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage

    source = _source(deps, published)
    return OperatorLineage(inputs=[source], outputs=[_target(deps, published, source)])


def dataset_of(address: str) -> Dataset:
    """The dataset as the provider names the asset of that address: a DAG with it as an inlet is linked to it."""
    from airflow.providers.openlineage.utils.utils import translate_airflow_asset
    from openlineage.client.event_v2 import Dataset

    # None where no rule exists for the kind of address: its provider (common.io for files) is missing.
    return translate_airflow_asset(Asset(address), None) or Dataset(namespace="airflow", name=address)


def _source(deps: Deps, published: FileToTable) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import input_statistics_input_dataset

    scan = published.detection.scan
    read = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        rowCount=scan.rows + scan.rejected, size=scan.size, fileCount=1
    )
    columns = [(column.source, str(column.type or "")) for column in scan.columns]
    namespace, name = deps.dropoff.dataset(published.file.path)
    return InputDataset(
        namespace=namespace,
        name=name,
        facets={"schema": _schema(columns)},
        inputFacets={"inputStatistics": read},
    )


def _target(deps: Deps, published: FileToTable, source: Dataset) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import dataset_version_dataset, output_statistics_output_dataset

    loaded = published.loaded
    named = dataset_of(table_address(deps, loaded.table))
    table = deps.warehouse.table(TableName(deps.settings.ref_schema, loaded.table))
    facets: dict[str, DatasetFacet] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=str(loaded.version)),
    }
    if table is not None:
        facets["schema"] = _schema([(column.name, column.type_name) for column in table.columns])
        facets["columnLineage"] = _columns(published.detection.scan.columns, table, source)
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=loaded.rows)
    return OutputDataset(
        namespace=named.namespace, name=named.name, facets=facets, outputFacets={"outputStatistics": written}
    )


def _schema(columns: list[tuple[str, str]]) -> DatasetFacet:
    from openlineage.client.facet_v2 import schema_dataset

    return schema_dataset.SchemaDatasetFacet(
        fields=[
            schema_dataset.SchemaDatasetFacetFields(name=name, type=kind or None, ordinal_position=place)
            for place, (name, kind) in enumerate(columns, start=1)
        ]
    )


def _columns(scanned: tuple[ScannedColumn, ...], table: Table, source: Dataset) -> ColumnLineageDatasetFacet:
    from openlineage.client.generated import column_lineage_dataset as facet

    sources = [(table.column(column.name), column.source) for column in scanned]
    return facet.ColumnLineageDatasetFacet(
        fields={
            column.name: facet.Fields(inputFields=[facet.InputField(source.namespace, source.name, field)])
            for column, field in sources
            if column is not None
        }
    )
