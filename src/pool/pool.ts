/**
 * How a call becomes a result:
 *
 *   apply ─────────▶ calls.ts ──┐                                    ┌─▶ worker 1 ──┐
 *   map ──▶ items.ts ▶ work.ts ─┼─▶ scheduler.ts ─▶ batch ─▶ member ─┼─▶ worker 2   │ answers
 *   imap ─▶ intake.ts ▶ work.ts ┘        ▲                    │      └─▶ …          │
 *                                        │ what never began   │                     │
 *                    recovery.ts ◀── a worker died ◀──────────┤◀────────────────────┘
 *                                                             ▼
 *                          Task (task.ts) · array (map-results.ts) · ResultStream (stream.ts)
 *
 * entrance.ts checks, and starts the first worker before engine.ts is loaded. core.ts owns all of it, roster.ts the
 * workers. Everything happens on the event loop.
 */
import { unsendable } from '../base/unsendable.ts'
import type { WaitOptions } from '../base/wait.ts'
import { load } from '../base/load.ts'
import type { PoolCore } from './core.ts'
import type { ApplyOptions, CheckedPoolOptions, MapOptions, PoolOptions, StreamOptions } from './options.ts'
import type { PoolSize } from './size.ts'
import type { PoolInsights } from './insights.ts'
import type { PoolStats } from './stats.ts'
import type { ResultStream } from './stream.ts'
import type { Task } from './task.ts'

const UNSENDABLE = 'is a Pool, whose workers belong to the process that made it. Make a Pool where it is used.'

type MapFunction<T, R> = (item: T) => R
type Items<T> = Iterable<T> | AsyncIterable<T>
type Settle<O extends MapOptions> = O & { readonly onError: 'settle' }
type Throw<O extends MapOptions> = O & { readonly onError?: 'throw' | undefined }
type Settled<R> = PromiseSettledResult<Awaited<R>>

/**
 * Workers that run functions.
 *
 * ```ts
 * const factor = 3
 * await using pool = new Pool({ processes: 4 })
 * await pool.map((n: number) => n * factor, [1, 2, 3]) // [3, 6, 9]
 * ```
 *
 * Functions travel as they are written, with what they capture. A function is captured, and arguments and items are
 * copied, at the call: what is changed afterwards is not seen by the workers. (The source of `imap`, and an async source
 * of `map`, is read as it is worked off: each item is copied when it is pulled.)
 *
 * Every promise settles. A worker that dies costs the item that it ran, which fails with a `WorkerCrashedError`;
 * everything else goes on elsewhere, and nothing runs twice. `using` ends the pool at once, as `with Pool()` does in
 * [Python](https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool); `await using` lets it
 * finish. An idle pool does not keep the program alive.
 */
export class Pool implements Disposable, AsyncDisposable {
  readonly #options: CheckedPoolOptions
  #made: PoolCore | undefined

  static {
    // A declaration file has no place for a computed name.
    Object.defineProperty(this.prototype, unsendable, { value: UNSENDABLE })
  }

  /** @throws ArgumentError `MC_ARGUMENT_INVALID`, FunctionUnsendableError `MC_FUNCTION_UNSENDABLE` for the initializer. */
  constructor(options?: PoolOptions) {
    const { checkPoolOptions, mayWait } = entrance()
    this.#options = checkPoolOptions(options)
    if (!mayWait(this.#options)) this.#make(false)
  }

  /**
   * Runs `fn(...args)` in a worker.
   *
   * ```ts
   * const power = await pool.apply(Math.pow, [2, 10], { timeout: 1000 }) // 1024
   * ```
   *
   * @throws at the call: ArgumentError `MC_ARGUMENT_INVALID`, FunctionUnsendableError `MC_FUNCTION_UNSENDABLE`,
   * ValueUnsendableError `MC_VALUE_UNSENDABLE`, StateError `MC_POOL_CLOSED`, `MC_POOL_BROKEN`, `MC_POOL_FULL` (see
   * `maxQueue`) or `MC_WORKER_NESTED` (in a module that a worker imports). The task rejects with the function's own error,
   * `WorkerCrashedError` `MC_WORKER_CRASHED`, `TimeoutError` `MC_TASK_TIMEOUT`, `CancelledError` `MC_TASK_CANCELLED`,
   * `RetriesError` `MC_TASK_RETRIES`, `ValueUnreadableError` `MC_VALUE_UNREADABLE`, the reason of the signal, or, where no
   * worker can be had, `MC_WORKER_START` or `MC_WORKER_INITIALIZER`.
   */
  apply<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...rest: [] extends A ? [args?: Readonly<A>, options?: ApplyOptions] : [args: Readonly<A>, options?: ApplyOptions]
  ): Task<Awaited<R>> {
    const [args = [], options] = rest as [args?: readonly unknown[], options?: ApplyOptions]
    const { checkApplyOptions, checkArray, checkFunction } = entrance()
    this.#made?.checkOpen('apply()')
    checkFunction('fn', fn)
    checkArray('args', args)
    const checked = checkApplyOptions('apply()', options)
    const core = this.#made ?? this.#make(checked?.signal?.aborted !== true)
    return core.call(fn, args, checked) as Task<Awaited<R>>
  }

  /**
   * Calls `fn` with each item, and with nothing else, and gives the results in the order of the items.
   *
   * When items fail, all others are dealt with first, and then the error of the first of them is thrown. An error that
   * the iterable throws is thrown likewise. An empty input gives an empty array.
   *
   * ```ts
   * const roots = await pool.map(Math.sqrt, [1, 4, 9]) // [1, 2, 3]
   * ```
   *
   * @throws what `apply` throws, at the call too, and TimeoutError `MC_MAP_TIMEOUT` (see `totalTimeout`); the item of a
   * `WorkerCrashedError` is in its `itemIndex`.
   */
  map<T, R>(fn: MapFunction<T, R>, items: Items<T>, options: Settle<MapOptions>): Promise<Settled<R>[]>
  map<T, R>(fn: MapFunction<T, R>, items: Items<T>, options?: Throw<MapOptions>): Promise<Awaited<R>[]>
  map<T, R>(fn: MapFunction<T, R>, items: Items<T>, options?: MapOptions): Promise<Awaited<R>[] | Settled<R>[]>
  map(fn: MapFunction<never, unknown>, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    this.#check('map()', fn, items)
    const checked = entrance().checkMapOptions('map()', options)
    const core = this.#begin(items, checked)
    return engine().startMap(core, 'map', fn, items, checked)
  }

  /** As `map`, but each item is an array of arguments: `pool.starmap(Math.pow, [[2, 3], [3, 2]])`. */
  starmap<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options: Settle<MapOptions>,
  ): Promise<Settled<R>[]>
  starmap<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: Throw<MapOptions>,
  ): Promise<Awaited<R>[]>
  starmap<A extends unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): Promise<Awaited<R>[] | Settled<R>[]>
  starmap(fn: (...args: never[]) => unknown, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    this.#check('starmap()', fn, items)
    const checked = entrance().checkMapOptions('starmap()', options)
    const core = this.#begin(items, checked)
    return engine().startMap(core, 'starmap', fn, items, checked)
  }

  /**
   * As `map`, but lazy: gives results in the order of the items while later items are still worked on, and pulls at most
   * `buffer` items ahead of what has been read. Works on endless sources.
   *
   * ```ts
   * for await (const page of pool.imap(render, readPages())) await send(page)
   * ```
   */
  imap<T, R>(fn: MapFunction<T, R>, items: Items<T>, options: Settle<StreamOptions>): ResultStream<Settled<R>>
  imap<T, R>(fn: MapFunction<T, R>, items: Items<T>, options?: Throw<StreamOptions>): ResultStream<Awaited<R>>
  imap<T, R>(fn: MapFunction<T, R>, items: Items<T>, options?: StreamOptions): ResultStream<Awaited<R> | Settled<R>>
  imap<R>(fn: MapFunction<never, unknown>, items: Items<unknown>, options?: StreamOptions): ResultStream<R> {
    this.#check('imap()', fn, items)
    const checked = entrance().checkStreamOptions('imap()', options)
    const core = this.#begin(items, checked)
    return engine().startStream(core, 'imap', fn, items, checked)
  }

  /** As `imap`, but gives each result as soon as it is there. */
  imapUnordered<T, R>(fn: MapFunction<T, R>, items: Items<T>, options: Settle<StreamOptions>): ResultStream<Settled<R>>
  imapUnordered<T, R>(fn: MapFunction<T, R>, items: Items<T>, options?: Throw<StreamOptions>): ResultStream<Awaited<R>>
  imapUnordered<T, R>(
    fn: MapFunction<T, R>,
    items: Items<T>,
    options?: StreamOptions,
  ): ResultStream<Awaited<R> | Settled<R>>
  imapUnordered<R>(fn: MapFunction<never, unknown>, items: Items<unknown>, options?: StreamOptions): ResultStream<R> {
    this.#check('imapUnordered()', fn, items)
    const checked = entrance().checkStreamOptions('imapUnordered()', options)
    const core = this.#begin(items, checked)
    return engine().startStream(core, 'imapUnordered', fn, items, checked)
  }

  /**
   * What `onExit` returned in the workers that have ended so far, in that order. Workers that were killed, or ended by
   * `terminate()`, have no say.
   */
  get exitResults(): readonly unknown[] {
    return this.#core.roster.exitResults.slice()
  }

  /**
   * What the pool has done so far and what each worker is doing. Costs nothing until it is asked for.
   *
   * ```ts
   * const { queued, workers } = pool.stats()
   * console.log(queued, workers.map(({ pid, busy }) => [pid, busy]))
   * ```
   */
  stats(): PoolStats {
    return this.#core.stats()
  }

  /**
   * As `stats()`, with what only the workers themselves can tell (`usage`): their heap, CPU time and how busy their event
   * loops are. Each is asked at once, and answers as soon as its event loop is free; those that have not answered after a
   * second, or the `timeout` in milliseconds that is given, are told of without.
   *
   * ```ts
   * for (const { name, usage } of (await pool.measure()).workers) console.log(name, usage?.eventLoop.utilization)
   * ```
   */
  measure(wait?: number | WaitOptions): Promise<PoolStats> {
    return engine().measureCore(this.#core, wait)
  }

  /**
   * Where the time of the workers went, of those that have ended too, and which tasks took longest.
   *
   * ```ts
   * const { places, slowest } = pool.insights()
   * for (const { index, start, init, wait, work } of places) console.log(index, { start, init, wait, work })
   * for (const { task, args, run } of slowest) console.log(`${task} of ${args} took ${run} ms`)
   * ```
   */
  insights(): PoolInsights {
    return engine().insightsOfCore(this.#core)
  }

  /**
   * Changes how many workers there are, also while they work: those that are too many finish what they have, what waits
   * goes to the others.
   *
   * ```ts
   * pool.resize(2)
   * pool.resize({ min: 1, max: 8, idleTimeout: 30_000 })
   * ```
   *
   * @throws ArgumentError `MC_ARGUMENT_INVALID`, StateError `MC_POOL_CLOSED` or `MC_POOL_BROKEN`.
   */
  resize(processes: number | PoolSize): void {
    engine().resizeCore(this.#core, processes)
  }

  /**
   * Resolves when `apply` may be called: at once, unless the pool has a `maxQueue` and so many tasks wait for a worker.
   * Those who asked first are let through first.
   *
   * ```ts
   * for await (const page of pages) {
   *   await pool.room()
   *   void pool.apply(index, [page]).catch(report)
   * }
   * ```
   */
  room(): Promise<void> {
    return this.#core.room()
  }

  /**
   * Takes no more work; what is pending is finished, then the workers end. With `cancel`, tasks of `apply` that have not
   * begun are cancelled instead, as by `Executor.shutdown(cancel_futures=True)` of Python. May be repeated.
   *
   * @throws ArgumentError `MC_ARGUMENT_INVALID` for other options.
   */
  close(options?: { readonly cancel?: boolean | undefined }): void {
    const { checkBoolean, checkOptions } = entrance()
    checkOptions('The argument of close()', options, ['cancel'])
    const { cancel = false } = options ?? {}
    checkBoolean('cancel of close()', cancel)
    this.#core.close(cancel)
  }

  /**
   * Resolves when the last worker has ended. Streams that are being read are read to their end first; one that nobody
   * reads is given up.
   *
   * Rejects with a ManycoreError `MC_WORKER_EXIT_HOOK` when an `onExit` has failed.
   *
   * @throws StateError `MC_POOL_RUNNING` before `close()` or `terminate()`; rejects with a TimeoutError
   * `MC_WAIT_TIMEOUT` when a `timeout` in milliseconds is given and the time is up.
   */
  join(wait?: number | WaitOptions): Promise<void> {
    return engine().joinCore(this.#core, wait)
  }

  /** Ends the workers at once. What is pending rejects with a `CancelledError`, which needs no handler. May be repeated. */
  terminate(): Promise<void> {
    return this.#core.terminate()
  }

  [Symbol.dispose](): void {
    void this.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#core.join()
  }

  get #core(): PoolCore {
    return this.#made ?? this.#make(false)
  }

  #check(method: string, fn: unknown, items: unknown): void {
    const { checkFunction, checkIterable } = entrance()
    this.#made?.checkOpen(method)
    checkFunction('fn', fn)
    checkIterable('items', items)
  }

  // Whether there is anything to do is only sure of an array.
  #begin(items: Items<unknown>, { signal }: MapOptions): PoolCore {
    return this.#made ?? this.#make(Array.isArray(items) && items.length > 0 && signal?.aborted !== true)
  }

  // The first worker, if it is needed, before all that is loaded meanwhile.
  #make(isUsed: boolean): PoolCore {
    const begun = isUsed ? entrance().beginFirst(this.#options) : undefined
    return (this.#made = engine().createCore(this, this.#options, begun))
  }
}

type Entrance = typeof import('./entrance.ts')
type Engine = typeof import('./engine.ts')

let ahead: Entrance | undefined
let loaded: Engine | undefined

export function entrance(): Entrance {
  ahead ??= load<Entrance>('../pool/entrance.js')
  return ahead
}

function engine(): Engine {
  loaded ??= load<Engine>('../pool/engine.js')
  return loaded
}
