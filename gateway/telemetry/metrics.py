"""Everything that is counted and measured, by words of ours."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Everything counted, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "chasqui_http_requests_total", "HTTP requests", ("route", "method", "status"), registry=registry
        )
        self.claims_failed = Counter(
            "chasqui_claims_failed_total", "What a text was about to say and was not so", ("claim",), registry=registry
        )
        self.forecasts = Counter(
            "chasqui_forecasts_total",
            "Forecasts asked of the model of depletion: model, or failed and made by hand",
            ("by",),
            registry=registry,
        )
        self.forecast_outcomes = Counter(
            "chasqui_forecast_outcomes_total",
            "Bundles by when they were used up: sooner than the 80 % interval, within, later, or expired before",
            ("side",),
            registry=registry,
        )
        self.triggers = Counter(
            "chasqui_triggers_total", "Triggers by what came of them", ("outcome",), registry=registry
        )
        self.triggers_waiting = Gauge(
            "chasqui_triggers_waiting", "Triggers that were taken in and wait to be worked on", registry=registry
        )
        self.behaviour = Counter(
            "chasqui_behaviour_records_total",
            "What was told of people's behaviour by what became of it",
            ("outcome",),
            registry=registry,
        )
        self.triggers_rejected = Counter(
            "chasqui_triggers_rejected_total", "Triggers that were not taken in, by why", ("reason",), registry=registry
        )
        self.trigger_lines = Counter(
            "chasqui_trigger_file_lines_total",
            "Lines of files of triggers by what became of them",
            ("outcome",),
            registry=registry,
        )
        self.texts_in = Counter(
            "chasqui_mo_total", "Texts from subscribers by meaning", ("meaning",), registry=registry
        )
        self.texts_out = Counter(
            "chasqui_mt_total", "Texts to subscribers by state reached", ("state",), registry=registry
        )
        self.parts_in = Counter(
            "chasqui_mo_parts_total",
            "Parts of long texts: new, repeated, and texts passed on incomplete",
            ("outcome",),
            registry=registry,
        )
        self.receipts = Counter("chasqui_receipts_total", "Delivery receipts by state", ("state",), registry=registry)
        self.receipts_left = Counter(
            "chasqui_receipts_left_total",
            "Receipts that changed nothing: repeated, contrary to an earlier one, without an id",
            ("why",),
            registry=registry,
        )
        self.orders = Counter("chasqui_orders_total", "Steps of orders by state reached", ("state",), registry=registry)
        self.discrepancies = Gauge(
            "chasqui_discrepancies", "Charges that do not add up and nobody has settled", ("kind",), registry=registry
        )
        self.ocs_seconds = Histogram(
            "chasqui_ocs_call_seconds", "Calls to the charging system", ("call",), buckets=_QUICK, registry=registry
        )
        self.ocs_not_asked = Counter(
            "chasqui_ocs_not_asked_total",
            "Calls to the charging system that were not made: breaker open, or too many waiting",
            ("why",),
            registry=registry,
        )
        self.ocs_breaker_open = Gauge(
            "chasqui_ocs_breaker_open", "1 while the charging system is left alone", registry=registry
        )
        self.ocs_waiting = Gauge(
            "chasqui_ocs_waiting", "Calls to the charging system that wait for their turn", registry=registry
        )
        self.decision_seconds = Histogram(
            "chasqui_decision_seconds", "One batch of decisions", buckets=_QUICK, registry=registry
        )
        self.prices = Counter(
            "chasqui_personal_prices_total",
            "Bundles offered to people who may leave: below the list, or why not",
            ("outcome",),
            registry=registry,
        )
        self.price_budget_used = Gauge(
            "chasqui_price_budget_used",
            "Minor units taken of this month's budget for prices",
            registry=registry,
        )
        self.hops = Counter(
            "chasqui_ussd_hops_total",
            "USSD hops by what came of them",
            ("door", "dialect", "outcome"),
            registry=registry,
        )
        self.hop_seconds = Histogram(
            "chasqui_ussd_hop_seconds", "From a hop to its reply", ("door",), buckets=_QUICK, registry=registry
        )
        self.sessions_over = Counter(
            "chasqui_ussd_session_ends_total", "USSD sessions by how they ended", ("door", "outcome"), registry=registry
        )
        self.left = Counter(
            "chasqui_ussd_left_total",
            "USSD sessions that did not come to an end, by the page they stood on",
            ("door", "menu", "page"),
            registry=registry,
        )
        self.pushes = Counter(
            "chasqui_pushes_total",
            "Screens pushed to phones by what came of them",
            ("door", "outcome"),
            registry=registry,
        )
        self.webhooks = Counter(
            "chasqui_webhooks_total",
            "Events for the operator's own systems by what came of them",
            ("endpoint", "outcome"),
            registry=registry,
        )
        self.sessions = Gauge("chasqui_ussd_sessions", "USSD sessions in memory", registry=registry)
        self._count_models(registry)
        self.menu_publication = Gauge(
            "chasqui_menu_publication", "Number of the publication that is served", ("menu",), registry=registry
        )
        self.refused_knocks = Counter(
            "chasqui_refused_knocks_total", "Requests that no door lets in", ("dialect", "reason"), registry=registry
        )
        self.closed_connections = Counter(
            "chasqui_closed_connections_total",
            "Connections closed because they said nothing, or beyond what may be open",
            ("reason",),
            registry=registry,
        )
        self.failures = Counter(
            "chasqui_failures_total", "Work that failed and was put off", ("where",), registry=registry
        )
        self.commits = Gauge("chasqui_store_groups", "Groups committed since the start", registry=registry)
        self.units = Gauge("chasqui_store_units", "Units committed since the start", registry=registry)
        self.aggregator_out = Counter(
            "chasqui_aggregator_out_total",
            "Texts handed to an aggregator by what it said",
            ("account", "outcome"),
            registry=registry,
        )
        self.aggregator_in = Counter(
            "chasqui_aggregator_in_total",
            "Texts and receipts from an aggregator by what came of them",
            ("account", "what", "outcome"),
            registry=registry,
        )
        self.aggregator_seconds = Histogram(
            "chasqui_aggregator_seconds",
            "From a request to an aggregator to its answer",
            ("account",),
            buckets=_QUICK,
            registry=registry,
        )
        self.aggregator_ready = Gauge(
            "chasqui_aggregator_ready", "1 while texts can be handed to the account", ("account",), registry=registry
        )
        self.bound = Gauge("chasqui_smpp_bound", "1 while the bind is up", ("smsc",), registry=registry)

    def _count_models(self, registry: CollectorRegistry) -> None:
        self.model_info = Gauge(
            "chasqui_model_info", "1 for each model in service", ("kind", "version", "role"), registry=registry
        )
        self.models_refused = Counter(
            "chasqui_models_refused_total", "Changed model files that could not be put into service", registry=registry
        )
        self.shadow = Counter(
            "chasqui_shadow_total",
            "Decisions of models: noted, left out for want of room, and those that a challenger failed at",
            ("kind", "outcome"),
            registry=registry,
        )
        self.model_calibration = Gauge(
            "chasqui_model_calibration_error",
            "Expected calibration error of the last thirty days whose outcome is known",
            ("kind", "version"),
            registry=registry,
        )
        self.model_reliability = Gauge(
            "chasqui_model_reliability",
            "By tenths of what a model said: what it said on average, how often it came true, of how many",
            ("kind", "version", "tenth", "what"),
            registry=registry,
        )
        self.model_coverage = Gauge(
            "chasqui_model_coverage", "Share of ends within p10 and p90", ("kind", "version"), registry=registry
        )
        self.model_drift = Gauge(
            "chasqui_model_drift",
            "Population stability index of features and scores against training, as of the last batch",
            ("kind", "version", "name"),
            registry=registry,
        )
        self.batch_people = Gauge(
            "chasqui_batch_people",
            "People in the last batch: scored, or left out as damaged",
            ("what",),
            registry=registry,
        )
        self.batch_time = Gauge("chasqui_batch_timestamp_seconds", "As of when the last batch is", registry=registry)
