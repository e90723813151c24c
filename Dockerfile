# The image of docker-compose.yml: jinta and Airflow, from the hash-locked requirements.
FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 50000 jinta \
    && install --directory --owner jinta --group jinta /var/lib/jinta /opt/airflow \
        /opt/airflow/logs

COPY requirements.lock /opt/jinta/
RUN pip install --no-cache-dir --no-deps --require-hashes \
    --requirement /opt/jinta/requirements.lock

COPY dags /opt/jinta/dags
COPY dbt_project /opt/jinta/dbt_project
COPY expectations /opt/jinta/expectations
COPY plugins /opt/jinta/plugins

ENV AIRFLOW_HOME=/opt/airflow \
    JINTA_HOME=/var/lib/jinta \
    PYTHONPATH=/opt/jinta/plugins \
    PYTHONUNBUFFERED=1

USER jinta
WORKDIR /opt/jinta
ENTRYPOINT ["python", "-m"]
CMD ["jinta", "--help"]
