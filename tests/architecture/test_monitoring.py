"""Rules, dashboard and runbooks: right by themselves, and about metrics that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Gauge

from app.core import metrics
from tests.support.promtool import families, metrics_in, promtool

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
RUNBOOKS = ROOT / "docs/operations/runbooks"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
SECTIONS = ["First look", "Mend", "한국어"]
HANGUL = re.compile("[가-힣]")
METRIC_LIKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)*_(?:total|seconds|bytes|ratio)\b")
SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}


def alerts() -> list[dict[str, Any]]:
    return [
        rule
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def known() -> set[str]:
    lines = (ROOT / "tests/data/exporter-metrics.txt").read_text(encoding="utf-8").splitlines()
    others = {line.split()[0] for line in lines if not line.startswith("#")}
    ours = {name + suffix for name, kind in families().items() for suffix in SUFFIXES[kind]}
    return others | ours


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def expressions(path: Path) -> list[str]:
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    return [target["expr"] for panel in panels(dashboard) for target in panel.get("targets", ())]


def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    assert "SUCCESS" in promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_every_alert_fires_when_it_should_and_only_then() -> None:
    tests = sorted((PROMETHEUS / "tests").glob("*.yml"))
    promtool("test", "rules", *tests)

    seen: dict[str, set[bool]] = {}
    for path in tests:
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for asked in case["promql_expr_test"]:
                (name,) = re.findall(r'alertname="(\w+)"', asked["expr"])
                seen.setdefault(name, set()).add(bool(asked["exp_samples"]))
    assert seen == {alert["alert"]: {True, False} for alert in alerts()}


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(set(names)) == len(names)
    assert {path.stem for path in RUNBOOKS.iterdir()} == set(names)

    overview = (ROOT / "docs/operations/monitoring.md").read_text(encoding="utf-8")
    for alert in alerts():
        name, said = alert["alert"], alert["annotations"]
        assert said["runbook_url"] == f"docs/operations/runbooks/{name}.md"
        assert HANGUL.search(said["summary_ko"])
        assert not HANGUL.search(said["summary"])
        summary = re.sub(r"\{\{.*?\}\}", "…", said["summary"])
        line = f"| [{name}](runbooks/{name}.md) | {alert['labels']['severity']} | {summary} |"
        assert line in overview
        page = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {name}\n")
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == SECTIONS
        assert {alert["labels"]["severity"]} <= {"page", "ticket"}


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*RUNBOOKS.iterdir(), ROOT / "docs/operations/monitoring.md"]:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_alerts_are_about_metrics_that_exist() -> None:
    for alert in alerts():
        read = metrics_in(alert["expr"]) - {"time"}
        assert read, alert["alert"]
        assert read <= known(), alert["alert"]


def test_what_is_inhibited_exists() -> None:
    text = (ROOT / "deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")
    names = {alert["alert"] for alert in alerts()}
    matchers = re.findall(r'alertname=~?"([^"]+)"', text)
    assert matchers
    for pattern in (one for matcher in matchers for one in matcher.split("|")):
        assert any(re.fullmatch(pattern, name) for name in names), pattern


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_shows_what_exists(path: Path, tmp_path: Path) -> None:
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in panels(dashboard)]
    assert len(set(ids)) == len(ids)
    shown = expressions(path)
    assert shown
    for expression in shown:
        assert metrics_in(expression) <= known(), expression

    rules = [{"record": f"panel:{i}", "expr": one} for i, one in enumerate(shown)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", file)


def test_every_metric_of_ours_is_shown_and_explained() -> None:
    read = {name for path in DASHBOARDS for one in expressions(path) for name in metrics_in(one)}
    page = (ROOT / "docs/operations/monitoring.md").read_text(encoding="utf-8")
    for name, kind in families().items():
        assert read & {name + suffix for suffix in SUFFIXES[kind]}, name
        assert f"| `{name}` |" in page, name


def test_pages_name_metrics_that_exist() -> None:
    fields = set(re.findall(r'"(\w+)":', (ROOT / "openapi.json").read_text(encoding="utf-8")))
    there = known() | set(families()) | fields
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {page: METRIC_LIKE.findall(page.read_text(encoding="utf-8")) for page in pages}
    assert sum(map(len, named.values())) > len(families())
    unknown = {page.name: set(names) - there for page, names in named.items()}
    assert {page: names for page, names in unknown.items() if names} == {}


def test_every_gauge_says_how_workers_values_become_one() -> None:
    gauges = [one for one in vars(metrics).values() if isinstance(one, Gauge)]
    assert gauges
    for gauge in gauges:
        mode = gauge._multiprocess_mode  # noqa: SLF001 - nothing else tells it
        assert mode in {"livesum", "livemax", "max"}, str(gauge)


@pytest.mark.parametrize(
    ("expression", "read"),
    [
        ('sum by (a) (rate(x_total{b=~"5..|c"}[5m] offset 1d)) > 10 * y', {"x_total", "y"}),
        ("histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))", {"h_bucket"}),
        ("a unless on (b) max by (c) (d) > 900 and absent(e == 1)", {"a", "d", "e"}),
    ],
)
def test_metrics_are_found_in_expressions(expression: str, read: set[str]) -> None:
    assert metrics_in(expression) == read
