"""DAGs are parsed against an Airflow home of the tests' own, never the user's."""

import os
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

os.environ.update(
    {
        "AIRFLOW_HOME": tempfile.mkdtemp(prefix="jinta-airflow-"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
)
