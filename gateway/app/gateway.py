"""The composition root: every component made and joined once, started and stopped in order."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from gateway.admin import AdminServer
from gateway.app.bounds import hub_settings, order_limits, ring_bounds, stream_bounds
from gateway.app.fix_parties import FixFloor, make_fix_parties
from gateway.app.grace import ReconnectGrace
from gateway.app.metrics import EvictionAlarm, beside, metrics_sources
from gateway.app.origin import Origin
from gateway.app.persistence import open_state
from gateway.app.removed_accounts import settle_removed_accounts
from gateway.app.workers import Spawn, Workers, spawn_process
from gateway.auth import Accounts, FailedAttempts, FixCredentials
from gateway.marketdata import OrderIds
from gateway.marketdata.publisher_state import PackedChanges
from gateway.model import Event
from gateway.net.busy_poll import BusyPoll
from gateway.net.counters import FrontCounters
from gateway.net.desk import Desk
from gateway.net.fix_acceptor import FixAcceptor
from gateway.net.fix_schedule import ScheduleKeeper
from gateway.net.listeners import Listener, ListenError, listen
from gateway.net.logon_gate import LogonGate
from gateway.net.passing_time import PassingTime
from gateway.net.pump import Pump
from gateway.net.turns import Turns
from gateway.net.worker_link import Begin
from gateway.net.worker_links import WorkerLinks
from gateway.net.ws_acceptor import MarketDataFeed, WsAcceptor
from gateway.orders import OrderLimits
from gateway.settings import GatewaySettings, TlsFiles
from gateway.store import DataDir
from protocols.fix import Timestamps

GOODBYE: Final = "the gateway shuts down"
GOODBYE_TIMEOUT_S: Final = 2.5
MAX_UNCOMMITTED_BYTES: Final = 64 * 1024 * 1024
CLOCK_PERIOD_S: Final = 1.0
SETTLE_TIMEOUT_S: Final = 0.5
_NS: Final = 1_000_000_000
STALLED_NS: Final = _NS
"""A commit that takes longer is what the health page speaks of: nobody is answered meanwhile."""

_NS_PER_US: Final = 1_000

log = logging.getLogger(__name__)


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway listens, as the ready line says it."""

    fix: str
    fix_tls: str | None
    ws: str
    http: str
    durability: str


class Gateway:
    """One gateway process. Make it inside a running event loop; ``start`` once, ``stop`` once.

    ``on_failure`` is called when the store fails: the gateway says nothing more and has to end. Raises
    ``DataDirError`` when the directory cannot be used, ``StoreError`` or ``ReplicaError`` for what is in it.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        on_failure: Callable[[Exception], None],
        spawn: Spawn = spawn_process,
    ) -> None:
        self._settings = settings
        self._stopping = False
        self._data_dir = DataDir(Path(settings.store.data_dir))
        self._loop = asyncio.get_running_loop()
        self._timestamps = Timestamps(time.time_ns() - time.monotonic_ns())
        self._clock: asyncio.TimerHandle | None = None
        origin = Origin(settings.instruments, order_limits(settings), ring_bounds(settings.market_data))
        try:
            self._state = open_state(settings, origin, self._loop)
        except BaseException:
            self._data_dir.release()
            raise
        replica, self._store = self._state.replica, self._state.store
        self.turns = Turns(
            replica.engine, self._store, max_uncommitted_bytes=MAX_UNCOMMITTED_BYTES, on_failure=on_failure
        )
        self.router = replica.router
        self.router.record_commands(self.turns.record)
        self.router.record_executions(self.turns.record_execution)
        self.router.find_executions(self._store.executions_at)
        replica.publisher.set_epoch(self._state.identity.epoch)
        replica.publisher.follow_orders(replica.engine.open_orders, OrderIds(self._state.identity.secret))
        replica.hub.settings = hub_settings(settings.market_data)
        replica.publisher.bound_streams(stream_bounds(settings.market_data))
        self._pump = Pump(
            replica.hub, replica.publisher, self.turns, settings.market_data.slice_us * _NS_PER_US
        )
        if settings.orders.busy_poll_us:
            BusyPoll(self.turns, settings.orders.busy_poll_us * _NS_PER_US)
        self.feed = MarketDataFeed(replica.hub, replica.publisher, self._pump)
        # Without workers there is nobody else to tell.
        publish = self._publish if settings.ws.workers else replica.publisher.apply
        self.turns.bind(self.router.deliver, publish)
        desk = Desk(replica.origin.instruments, self.router, self._store, self.turns)
        attempts = FailedAttempts(settings.logons)
        accounts = Accounts(settings.accounts)
        credentials = FixCredentials(accounts, settings.fix, threading.Lock(), not_before=time.time_ns())
        self._gate = LogonGate(accounts, credentials, attempts, threads=settings.logons.verify_threads)
        counters = FrontCounters()
        floor = FixFloor(desk, replica.hub, replica.publisher, self._timestamps, counters)
        parties = make_fix_parties(settings, floor)
        for trader in parties.traders:
            self.router.attach(trader)
        self.fix = FixAcceptor(settings.fix, parties.all, self._gate, counters)
        self._schedules = ScheduleKeeper(parties.all, self._timestamps)
        self._grace = ReconnectGrace(self.router, parties.traders, self._timestamps)
        self._evictions = EvictionAlarm(self.router)
        self._boot = f"{time.time_ns() // 1_000_000:x}"
        self.ws = WsAcceptor(settings.ws, desk, self.feed, self._gate, self._boot)
        self._links = WorkerLinks(
            self.ws, self.turns, replica.engine.open_orders, settings.ws.worker_pending_bytes
        )
        self.workers = Workers(settings.ws, self._links, self._describe, spawn)
        sources = [*metrics_sources(self), attempts.samples, self._state.samples]
        if settings.ws.workers:
            workers = self.workers.samples
            sources = [*(beside(source, workers) for source in sources), workers]
        self._admin = AdminServer(settings.http, self.health, sources)
        self._listeners: list[Listener] = []
        self._passing = PassingTime(self.turns, self._utc, self._pass_time)
        self._started_at = time.monotonic_ns()

    async def start(self) -> Endpoints:
        """Open every listener. Raises ``ListenError``."""
        fix, ws, http = self._settings.fix, self._settings.ws, self._settings.http
        self._keep_time()
        self._passing.start()
        self._schedules.start()
        # In front of the listeners: who logs on again is not to be taken for who was lost.
        self._grace.start(fix.reconnect_grace_s)
        plain = await self._listen("fix", fix.host, fix.port, self.fix)
        secure = None
        if fix.tls is not None:
            secure = await self._listen("fix.tls", fix.tls.host, fix.tls.port, self.fix, fix.tls)
        if ws.workers:
            sockets = await self.workers.start()
        else:
            sockets = await self._listen("ws", ws.host, ws.port, self.ws, ws.tls)
            self._listeners[-1].bound_kernel(unsent_bytes=ws.unsent_bytes, send_buffer=ws.send_buffer)
        scheme = "ws" if ws.tls is None else "wss"
        admin = await self._listen("http", http.host, http.port, self._admin)
        settle_removed_accounts(
            self.router,
            {account.id for account in self._settings.accounts.accounts},
            self._timestamps,
            cancel=self._settings.orders.removed_accounts == "cancel",
        )
        return Endpoints(
            fix=plain,
            fix_tls=secure,
            ws=f"{scheme}://{sockets}{ws.path}",
            http=f"http://{admin}",
            durability=self._store.durability.value,
        )

    def take_snapshots(self) -> None:
        """Have snapshots taken beside the gateway from now on; for when the ready line is out."""
        self._state.take_snapshots()

    def reload(self) -> None:
        """Read changed certificates; a fault is logged and the old one stays in use."""
        for listener in self._listeners:
            try:
                if listener.reload():
                    log.info("certificate reloaded", extra={"address": listener.address})
            except ListenError as error:
                log.error("certificate not reloaded", extra={"reason": str(error)})  # noqa: TRY400 - one line
        self.workers.reload()

    async def stop(self) -> None:
        """Say goodbye to every client, wait for them a while, then drop what is left.

        A gateway that may say nothing more drops them at once.
        """
        self._stopping = True
        self._grace.stop()
        for listener in self._listeners:
            listener.close()
        self.workers.close()
        if not self.turns.failed:
            self.fix.say_goodbye(GOODBYE)
            self.ws.say_goodbye()
            self.workers.say_goodbye()
            await self._wait_until_quiet(GOODBYE_TIMEOUT_S)
        self.fix.abort()
        self.ws.abort()
        self.workers.abort()
        await self._wait_until_quiet(SETTLE_TIMEOUT_S)
        await self._settle()
        await self.workers.stop()
        self._admin.close()
        self._gate.close()
        self._schedules.stop()
        self._pump.end()
        self._passing.stop()
        if self._clock is not None:
            self._clock.cancel()
        # What the last callbacks have handed to the loop.
        await asyncio.sleep(0)
        if await self._state.close(snapshot=not self.turns.failed and self.turns.is_idle):
            self._data_dir.release()
        # Else the lock goes with the process: a write that comes late would end in the log of the next one.

    async def _wait_until_quiet(self, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.fix.quiet.wait()
                await self.ws.quiet.wait()
                await self.workers.wait_until_quiet()

    async def _settle(self) -> None:
        """Wait until the store has what the end of the connections led to."""
        settled = asyncio.Event()
        self.turns.after_commit(settled.set)
        if not self.turns.failed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_TIMEOUT_S):
                    await settled.wait()

    def health(self) -> dict[str, object]:
        """Return what ``/healthz`` says."""
        return {
            "status": self._status(),
            "durability": self._store.durability.value,
            "fix_sessions": self.fix.established,
            "ws_connections": self.ws.connected + self.workers.connected,
            "uptime_s": (time.monotonic_ns() - self._started_at) // _NS,
        }

    def _status(self) -> str:
        if self.turns.failed:
            return "failed"
        if self._stopping:
            return "stopping"
        return "stalled" if self.turns.commit_age_ns > STALLED_NS else "ok"

    def _publish(self, events: Sequence[Event]) -> None:
        """Tell the public what was committed, here and by way of the workers."""
        self.feed.publisher.apply(events)
        self._links.publish(events)

    def _utc(self) -> int:
        """Return the time of which no command that is worked from now on has an earlier stamp."""
        return min(time.time_ns(), self._timestamps.utc(time.monotonic_ns()))

    def _pass_time(self, utc_ns: int) -> None:
        """Tell the public what changes by itself, here and by way of the workers."""
        self.feed.publisher.pass_time(utc_ns)
        self._links.pass_time(utc_ns)

    def _describe(self, worker: int, start: int) -> tuple[Begin, Iterable[PackedChanges]]:
        """Return what a worker has to know when it starts now, and what it keeps for resume."""
        settings, publisher = self._settings, self.feed.publisher
        identity = self._state.identity
        # It trades for nobody: of the limits it needs none.
        origin = Origin(
            self._state.replica.origin.instruments, OrderLimits(), ring_bounds(settings.market_data)
        )
        state, kept = publisher.state_in_parts()
        begin = Begin(
            worker=worker,
            boot=f"{self._boot}-{worker}-{start}",
            ws=settings.ws,
            market_data=settings.market_data,
            log=settings.log,
            origin=origin.encode(),
            epoch=identity.epoch,
            secret=identity.secret,
            state=state,
            guests=self._links.ledger.others(worker),
        )
        return begin, kept

    async def _listen(
        self,
        name: str,
        host: str,
        port: int,
        factory: Callable[[], asyncio.Protocol],
        tls: TlsFiles | None = None,
    ) -> str:
        listener = await listen(name, host, port, factory, tls)
        self._listeners.append(listener)
        return listener.address

    def _keep_time(self) -> None:
        """Follow corrections of the system's UTC time."""
        self._timestamps.offset_ns = time.time_ns() - time.monotonic_ns()
        self._evictions.look(time.monotonic())
        self._clock = self._loop.call_later(CLOCK_PERIOD_S, self._keep_time)
