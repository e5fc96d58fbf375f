"""What a run started on the command line prints while it goes: one short line per message, from INFO on.

Dagster's own console prints the run, the process and a line per engine event; the UI shows those better.
"""

import logging

import dagster as dg


@dg.logger(config_schema={"log_level": dg.Field(str, default_value="INFO")}, description="Short lines on stderr.")
def console_lines(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that writes ``time asset: message``."""
    logger = logging.Logger("forecast_platform", level=context.logger_config["log_level"])
    handler = logging.StreamHandler()
    handler.addFilter(_WITHOUT_SKIPS)
    logging.getLogger("dagster._core.execution.plan.active").addFilter(_WITHOUT_SKIPS)
    handler.setFormatter(_ShortLine("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    logger.addHandler(handler)
    return logger


class _WithoutSkips(logging.Filter):
    """Leaves out what Dagster says of every step after an asset that is not made in this run: the asset has said why.

    Of blocking checks among them it even says that what follows goes on without them, which is not so.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return "due to skipped dependencies" not in message and "emitted no result in step" not in message


_WITHOUT_SKIPS = _WithoutSkips()


class _ShortLine(logging.Formatter):
    """The message as it was written, without the run and the step Dagster puts in front."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        step = str(meta.get("step_key") or meta.get("job_name") or "")
        record.msg, record.args = f"{step}: {meta.get('orig_message', record.getMessage())}", ()
        return super().format(record)


@dg.definitions
def console() -> dg.Definitions:
    """Replaces the default console."""
    return dg.Definitions(loggers={"console": console_lines})
