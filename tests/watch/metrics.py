"""Reads a page of figures from stdin with the parsers of Prometheus's own Python library, and prints its samples as
JSON: a list of [name, labels, value]. The first argument names the format: prometheus, or openmetrics, whose parser is
strict. What does not parse ends it with an error, and so does a family without a sentence of help."""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict

families = strict if sys.argv[1] == "openmetrics" else parser.text_string_to_metric_families
samples = []
for family in families(sys.stdin.read()):
    assert family.documentation and family.type != "unknown", family.name
    samples += [[sample.name, sample.labels, sample.value] for sample in family.samples]
json.dump(samples, sys.stdout)
