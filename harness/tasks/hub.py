"""A split from the Hugging Face Hub, by way of the ``datasets`` library."""

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlparse
from urllib.request import getproxies

from harness.findings import Finding, ParetoNLPError
from harness.tasks.columns import LABEL, columns_of, missing_columns
from harness.tasks.joining import gold_by_text
from harness.tasks.types import Dataset, HubSource

if TYPE_CHECKING:
    import pyarrow as pa


def hub_table(dataset: Dataset, split: str, *, labelled: bool = True) -> tuple["pa.Table", str]:
    """The rows of a split under our column names, and where they came from.

    The sources that serve the split are asked in turn. Unless ``labelled``, they are those whose gold a
    server keeps, and no label is read. Raises ParetoNLPError with one finding for each that failed, or a
    single one where none serves it.
    """
    findings: list[Finding] = []
    for source in dataset.sources if labelled else dataset.unlabelled:
        if split in source.splits:
            try:
                return _with_gold(dataset, source, split, labelled=labelled), address(source, split)
            except ParetoNLPError as error:
                findings.extend(error.findings)
    raise ParetoNLPError(*findings or [Finding("not-on-hub", f"no place on the Hub has {dataset.name}, {split}.")])


def address(source: HubSource, split: str) -> str:
    """``nyu-mll/glue@bcdcba7 (sst2), test``, with the place of the gold where that is another."""
    revision = f"@{source.revision[:7]}" if source.revision else ""
    config = f" ({source.config})" if source.config else ""
    gold = f"; gold of {address(source.gold, split)}" if source.gold else ""
    return f"{source.id}{revision}{config}, {source.splits[split]}{gold}"


def _with_gold(dataset: Dataset, source: HubSource, split: str, *, labelled: bool) -> "pa.Table":
    table = _table(dataset, source, split, labelled=labelled)
    if source.gold is None:
        return table
    other = _table(dataset, source.gold, split, labelled=True)
    gold = gold_by_text(dataset, table, other, address(source.gold, split))
    return table.drop_columns([LABEL]).append_column(LABEL, gold)


def _table(dataset: Dataset, source: HubSource, split: str, *, labelled: bool) -> "pa.Table":
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    _settle_offline()
    # The bases of HfHubHTTPError are the errors of the HTTP client, which differs between versions.
    failures = (*HfHubHTTPError.__bases__, OSError, ValueError, RuntimeError)
    try:
        rows = datasets.load_dataset(source.id, source.config, split=source.splits[split], revision=source.revision)
    except (datasets.exceptions.DatasetsError, *failures) as error:
        raise ParetoNLPError(Finding("hub", f"{address(source, split)}: {str(error).rstrip('.')}.")) from error
    names = {column: source.columns.get(column, column) for column in rows.column_names}
    wanted = [theirs for theirs, ours in names.items() if ours in columns_of(dataset, labelled=labelled)]
    place = address(source, split)
    if findings := missing_columns(dataset, list(names.values()), place, labelled=labelled):
        raise ParetoNLPError(*findings)
    table: pa.Table = rows.select_columns(wanted).with_format("arrow")[:]
    return table.rename_columns([names[theirs] for theirs in table.column_names])


def _settle_offline() -> None:
    """Tell ``datasets`` that it is offline where the Hub's name does not resolve.

    What is cached is then read at once, and what is not fails at once: left alone, its client
    retries for half a minute for each file. Behind a proxy, names are the proxy's business.
    """
    import datasets

    host = urlparse(datasets.config.HF_ENDPOINT).hostname
    if datasets.config.HF_HUB_OFFLINE or getproxies() or host is None:
        return
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        datasets.config.HF_HUB_OFFLINE = True
