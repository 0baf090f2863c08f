"""A Dask cluster to work with: one that runs already, or one of our own."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import torch
from distributed import Client, LocalCluster
from distributed.comm.core import connect
from distributed.security import Security

from framework.errors import Fault, StorageError

_SECONDS_TO_CONNECT = 30
_HERE = "127.0.0.1"
_GPU = "GPU"


@contextmanager
def connected(address: str | None, num_workers: int, num_gpus: int) -> Iterator[Client]:
    """A client of the cluster there, or of one of our own that ends with the block."""
    if address is None:
        with _own_cluster(num_workers, num_gpus) as cluster, closing(Client(cluster)) as client:
            yield client
        return
    try:
        with ThreadPoolExecutor(1) as thread:  # the caller's may have an event loop already
            thread.submit(lambda: asyncio.run(_greet(address))).result()
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # the last where TLS is not set up
        reason = str(error) or f"no scheduler has answered within {_SECONDS_TO_CONNECT} s"
        message = f"the cluster cannot be reached ({reason})"
        hint = "start it with: dask scheduler, and: dask worker ADDRESS"
        raise StorageError(Fault("E083", message, place=address, hint=hint)) from error
    with closing(client):
        yield client


async def _greet(address: str) -> None:
    """Shake hands with a scheduler; Client would wait for ever for one that accepts and is silent.

    Raises:
        OSError: nobody is there, or who is there does not answer as a scheduler does.
    """
    arguments = Security().get_connection_args("client")
    async with asyncio.timeout(_SECONDS_TO_CONNECT):
        comm = await connect(address, timeout=_SECONDS_TO_CONNECT, **arguments)
        await comm.close()


def num_places(client: Client, num_gpus: int) -> int:
    """How many jobs, of so many GPUs each, the workers of a cluster can carry out at a time."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    if not num_gpus:
        return sum(worker["nthreads"] for worker in workers)
    gpus = [int(worker["resources"].get(_GPU, 0)) for worker in workers]
    return sum(
        min(worker["nthreads"], found // num_gpus)
        for worker, found in zip(workers, gpus, strict=True)
    )


@contextmanager
def _own_cluster(num_workers: int, num_gpus: int) -> Iterator[LocalCluster]:
    """Scheduler and worker in this process, listening on this machine only.

    The jobs have processes of their own, so that worker processes would be of no use; and those
    would import the caller's main module once more.
    """
    with LocalCluster(
        n_workers=1,
        threads_per_worker=num_workers,
        processes=False,
        protocol="tcp",
        host=_HERE,
        dashboard_address=f"{_HERE}:0",  # None would listen on all addresses
        worker_dashboard_address=f"{_HERE}:0",
        resources={_GPU: _num_gpus_here(num_gpus)} if num_gpus else None,
    ) as cluster:
        yield cluster


def _num_gpus_here(num_gpus: int) -> int:
    found = torch.cuda.device_count()
    if found < num_gpus:
        message = f"num_gpus is {num_gpus}, and this machine has {found}"
        hint = "lower executor.num_gpus, or give the address of a cluster"
        raise StorageError(Fault("E083", message, place="dask", hint=hint))
    return found
