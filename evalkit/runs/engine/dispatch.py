"""Which worker gets which pair, and what happens when one dies. The same for every engine.

A worker stays with a method until none of its pairs is left, then goes where the fewest work: every method is loaded as
rarely as can be. Scoring goes before making. A pair whose worker died is given out once more, after all others; when
that one dies too, the pair fails with the reason and the run goes on. A pair that takes far longer than any before it
while others have nothing to do is taken away once, and given to one of them.

Nothing in the results depends on who did what when: all that is kept of a pair is a function of the pair, and sums are
taken in the protocol's order when the last one is finished.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from evalkit.base.digests import Digests
from evalkit.errors import EvalkitError, WorkerError
from evalkit.records.progress import WorkerFacts
from evalkit.records.run_folder import Outcome
from evalkit.records.trace import Span, append_span
from evalkit.runs.engine.tasks import Answer, Answered, Ended, Engine, Make, Score, Task, Worker
from evalkit.runs.kept import is_scored, kept, unmade
from evalkit.runs.plan import PairResult, Plan
from evalkit.runs.run_pairs import Book, explaining_refusals, result_of, scoring_job
from evalkit.types import Pair

TRIES = 2
"""Workers that may die of one pair."""
_LOOK_S = 1.0
_SLOW, _SLOW_S = 4.0, 60.0
"""A straggler takes this many times as long as the slowest before it, and this many seconds at least."""
_IDLE_DEATHS = 5
"""Workers that may die without a task before one of them answers: it is not the pairs then."""


@dataclass(eq=False)
class _Run:
    """One plan on its way. Nobody has looked at the pairs that are `coming`; `open` ones are not finished."""

    index: int
    plan: Plan
    token: str
    book: Book
    coming: Iterator[Pair]
    open: int = 0
    exhausted: bool = False
    slowest: float = 0.0
    waiting: deque["_Work"] = field(default_factory=deque)


@dataclass(eq=False)
class _Work:
    """One pair on its way: made (until then without outcome), scored, and finished on a GPU if metrics want one."""

    run: _Run
    pair: Pair
    outcome: Outcome | None = None
    prepared: bool = False
    tries: int = 0
    began: float = 0.0
    moved: bool = False

    @property
    def doing(self) -> str:
        """What the next thing to do is called."""
        return "score" if self.outcome else "make"

    @property
    def on_gpu(self) -> bool:
        """Whether the next thing to do needs a GPU."""
        return self.prepared or (self.outcome is None and self.run.plan.produce.on_gpu)


def run_on(
    engine: Engine,
    plans: Sequence[tuple[Plan, str]],
    on_pair: Callable[[str, str], None],
    on_finished: Callable[[int, list[PairResult]], None],
    on_refused: Callable[[int, EvalkitError], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Make and score the pairs of all plans, each with the token of its locked folder.

    `on_finished` is called with the index of a plan and its results when its last pair is there; `on_refused` when a
    plan cannot go on, which it may raise. Raises `WorkerError` when workers die without anything to do.
    """
    runs = [
        _Run(index, plan, token, Book(plan, on_pair), iter(plan.pairs)) for index, (plan, token) in enumerate(plans)
    ]
    dispatch = _Dispatch(engine, runs, on_finished, on_refused, clock)
    while runs:
        dispatch.give_all()
        dispatch.settle()
        if runs:
            dispatch.tell()
            for event in engine.wait(_LOOK_S):
                dispatch.take(event)
            dispatch.move_stragglers()


class _Dispatch:
    def __init__(
        self,
        engine: Engine,
        runs: list[_Run],
        on_finished: Callable[[int, list[PairResult]], None],
        on_refused: Callable[[int, EvalkitError], None],
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._runs, self._clock = engine, runs, clock
        self._on_finished, self._on_refused = on_finished, on_refused
        self._digests = Digests()
        self._busy: dict[Worker, _Work] = {}
        self._reserved: dict[Worker, deque[_Work]] = {}
        self._last: dict[Worker, _Run] = {}
        self._idle_deaths = 0

    def give_all(self) -> None:
        """Give idle workers something to do, as long as there is anything for one of them."""
        given = True
        while given:
            given = False
            for worker in self._engine.idle():
                if work := self._pick(worker):
                    self._give(worker, work)
                    given = True

    def _pick(self, worker: Worker) -> _Work | None:
        for run in self._runs:
            if work := self._waiting(worker, run, made=True):
                return work
        if self._reserved.get(worker):
            return self._reserved[worker].popleft()
        crowd = [run for other, run in self._last.items() if other != worker]
        mine = self._last.get(worker)
        for run in sorted(self._runs, key=lambda run: (run is not mine, crowd.count(run))):
            if self._fits(worker, run.plan.produce.on_gpu) and (work := self._unmade(run)):
                self._reserve(worker, run)
                return work
            if work := self._waiting(worker, run, made=False):
                return work
        return None

    def _waiting(self, worker: Worker, run: _Run, made: bool) -> _Work | None:
        """The first waiting pair that this worker can score, or make once more."""
        fitting = (work for work in run.waiting if (work.outcome is not None) == made)
        work = next((work for work in fitting if self._fits(worker, work.on_gpu)), None)
        if work:
            run.waiting.remove(work)
        return work

    def _unmade(self, run: _Run) -> _Work | None:
        """The next pair that has to be made; those before it that only have to be scored wait for that."""
        with self._refusing(run):
            for pair in run.coming:
                outcome = kept(run.plan, pair, self._digests)
                if outcome and is_scored(run.plan, pair):
                    run.book.keep(outcome)
                    continue
                run.open += 1
                work = _Work(run, pair, outcome)
                if outcome is None:
                    return work
                run.waiting.append(work)
            run.exhausted = True
        return None

    def _reserve(self, worker: Worker, run: _Run) -> None:
        """A method that makes several pairs at a time has them from one hand, but leaves some to the other workers."""
        share = -(-len(run.plan.pairs) // len({*self._engine.idle(), *self._busy}))
        for _ in range(min(run.plan.produce.at_once(), share) - 1):
            if work := self._unmade(run):
                self._reserved.setdefault(worker, deque()).append(work)

    def _fits(self, worker: Worker, on_gpu: bool) -> bool:
        return worker.kind == ("cuda" if on_gpu else "cpu") or (not on_gpu and "cpu" not in self._engine.kinds)

    def _give(self, worker: Worker, work: _Work) -> None:
        work.began = self._clock()
        self._busy[worker] = work
        if work.outcome is None:
            self._last[worker] = work.run
        self._engine.give(worker, self._task(worker, work))

    def _task(self, worker: Worker, work: _Work) -> Task:
        plan = work.run.plan
        if work.outcome is None:
            coming = tuple(one.pair for one in self._reserved.get(worker, ()))
            produce = plan.produce.sent(work.pair, worker.device)
            return Make(plan.folder.path, work.run.token, produce, work.pair, coming)
        job = scoring_job(plan, work.pair, work.outcome)
        if not plan.device_metrics:
            return Score(job)
        if work.prepared:
            return Score(job, worker.device)
        first = tuple(key for key in job.metrics if key not in plan.device_metrics)
        return Score(replace(job, metrics=first), prepare=True)

    def take(self, event: Answered | Ended) -> None:
        """What a worker did, or that it is gone."""
        work = self._busy.pop(event.worker, None)
        if isinstance(event, Ended):
            self._forget(event.worker)
            if work:
                self._try_again(work, event.why)
            else:
                self._count_idle_death(event.why)
            return
        answer, self._idle_deaths = event.answer, 0
        if work:
            self._note(event.worker, work, answer)
        for path, state, digest in answer.digests:
            self._digests.learn(path, state, digest)
        if answer.broken:
            self._engine.end(event.worker)
            self._forget(event.worker)
        if work is None or work.run not in self._runs:
            return
        if answer.broken:
            self._try_again(work, answer.broken)
            return
        work.run.slowest = max(work.run.slowest, self._clock() - work.began)
        with self._refusing(work.run):
            self._go_on(work, answer)

    def _note(self, worker: Worker, work: _Work, answer: Answer) -> None:
        """Keep what a task took."""
        took = self._clock() - work.began
        span = Span(f"{os.getpid()} {worker.name}", work.doing, work.pair.id, time.time() - took, took, answer.stages)
        append_span(work.run.plan.folder.trace, span)

    def _go_on(self, work: _Work, answer: Answer) -> None:
        if answer.stop is not None:
            raise answer.stop
        outcome = answer.outcome or work.outcome
        assert outcome is not None
        reason = outcome.reason if outcome.status == "failed" else answer.reason
        if reason is not None:
            self._fail(work, outcome, reason)
        elif work.prepared or (work.outcome and not work.run.plan.device_metrics):
            work.run.open -= 1
            work.run.book.done(outcome)
        else:
            work.prepared = work.outcome is not None
            work.outcome, work.tries = outcome, 0
            work.run.waiting.append(work)

    def _fail(self, work: _Work, outcome: Outcome, reason: str) -> None:
        work.run.open -= 1
        work.run.book.fail(outcome, reason)

    def _try_again(self, work: _Work, why: str) -> None:
        """A pair whose worker is gone."""
        if work.run not in self._runs:
            return
        work.tries += 1
        work.run.plan.folder.log("worker_lost", pair=work.pair.id, reason=why)
        if work.tries < TRIES:
            work.run.waiting.append(work)
            return
        doing = "scoring" if work.outcome else "making"
        reason = f"{why}; {doing} this pair ended {TRIES} workers. Repeat the command to try it again."
        with self._refusing(work.run):
            self._fail(work, work.outcome or unmade(work.pair, self._digests), reason)

    def _count_idle_death(self, why: str) -> None:
        self._idle_deaths += 1
        if self._idle_deaths > _IDLE_DEATHS:
            raise WorkerError(f"Workers end before they are given anything: {why}. Their own messages are above.")

    def _forget(self, worker: Worker) -> None:
        """Pairs that waited for a worker that is gone go to others."""
        self._last.pop(worker, None)
        for work in self._reserved.pop(worker, ()):
            work.run.waiting.append(work)

    def move_stragglers(self) -> None:
        """Give what is far too slow to a worker that has nothing to do."""
        if not self._busy:
            return
        worker, work = min(self._busy.items(), key=lambda item: item[1].began)
        took = self._clock() - work.began
        free = any(self._fits(other, work.on_gpu) for other in self._engine.idle())
        if work.moved or not free or took < max(_SLOW_S, _SLOW * work.run.slowest):
            return
        del self._busy[worker]
        self._engine.end(worker)
        self._forget(worker)
        work.moved = True
        work.run.plan.folder.log("straggler", pair=work.pair.id, seconds=took)
        work.run.waiting.append(work)

    def tell(self) -> None:
        """Let those who watch the runs know what the workers are at."""
        now = self._clock()
        workers = {
            worker.name: WorkerFacts(
                device=worker.device,
                pair=work.pair.id,
                doing=work.doing,
                seconds=max(now - work.began, 0.0),
            )
            for worker, work in self._busy.items()
        }
        workers |= {
            worker.name: WorkerFacts(device=worker.device, pair="", doing="", seconds=0.0)
            for worker in self._engine.idle()
        }
        for run in self._runs:
            run.book.workers = workers
            run.book.tell()

    def settle(self) -> None:
        """Finish the plans whose last pair is there."""
        for run in [run for run in self._runs if run.exhausted and not run.open]:
            with self._refusing(run):
                run.book.refuse_replaced(self._digests)
                run.book.workers = {}
                run.book.tell(at_once=True)
                self._runs.remove(run)
                self._on_finished(run.index, [result_of(run.plan, pair) for pair in run.plan.pairs])

    @contextmanager
    def _refusing(self, run: _Run) -> Iterator[None]:
        """A plan that cannot go on is dropped; what its workers still answer is passed over."""
        try:
            with explaining_refusals(run.plan.folder):
                yield
        except EvalkitError as error:
            if run in self._runs:
                self._runs.remove(run)
            for waiting in self._reserved.values():
                for work in [work for work in waiting if work.run is run]:
                    waiting.remove(work)
            self._on_refused(run.index, error)
