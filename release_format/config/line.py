"""The settings that programs of the line share: where things are, and what is written where."""

from __future__ import annotations

from dataclasses import dataclass

from release_format.config.setting import setting, settings_group
from release_format.secrets.secret import Secret


@settings_group
@dataclass(frozen=True)
class LineSettings:
    """Where the line keeps things; each is SEARCHBAR_<NAME> in the environment."""

    store: str = setting(
        "var/store",
        "The store of snapshots, releases and channels: a folder, or `s3://bucket/prefix`.",
        read_by="every program",
    )
    store_cache: str = setting(
        "var/store-cache",
        "The folder that copies from a bucket are kept in.",
        read_by="every program",
    )
    cache: str = setting(
        "var/cache",
        "The folder that vectors and exported encoders are kept in, by digest.",
        read_by="index_builder",
    )
    ledger: str = setting(
        "var/ledger",
        "The folder that runs wait in until MLflow takes them; off: no ledger.",
        read_by="index_builder",
    )
    by: str = setting(
        "",
        "Who does it, for the certificate and the run; empty: the user and machine.",
        read_by="index_builder, deployer",
    )
    source: Secret = setting(
        Secret(""), "The catalogue's address, secrets included.", read_by="data_checks"
    )
    sql_password: Secret = setting(
        Secret(""), "The password of the catalogue's database.", read_by="data_checks"
    )
    pulls: str = setting(
        "",
        "A folder of pulls that several machines see; empty: var/pulls alone.",
        read_by="data_checks",
    )
    deepchecks: str = setting(
        "",
        "The folder of Deepchecks' own environment; empty: one in the user's cache.",
        read_by="data_checks",
    )
    log: str = setting(
        "",
        "The file that a run is logged to as JSON lines; empty: var/log/PROGRAM.jsonl.",
        read_by="every program",
    )
    run: str = setting(
        "", "The run's id in every log line; empty: a new one.", read_by="every program"
    )
    debug: str = setting(
        "", "Anything: an unexpected error prints its traceback.", read_by="every program"
    )
    judged_sets: str = setting(
        "", "A folder of judged BEIR sets that the proofs measure quality on.", read_by="tests"
    )
