"""The executors that come with the framework, provided as any plugin's would be."""

from framework.hookspecs import hookimpl


@hookimpl
def provide_executors() -> dict[str, str]:
    """Processes on this machine, or on those of a Dask cluster."""
    return {
        "processes": "framework.executors.processes:Processes",
        "dask": "framework.executors.dask:Dask",
    }
