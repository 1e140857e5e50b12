import type { Payload } from '../codec/payload.ts'

/**
 * Everything that two ends of a worker's channel say to each other. All messages have the same shape, so that
 * framing stays monomorphic; each kind says below what its fields mean, and unused fields are 0.
 */
export type Message =
  | Init
  | Define
  | Release
  | Call
  | Chunk
  | StarChunk
  | Calls
  | Manner
  | Prepare
  | Probe
  | Cancel
  | Stop
  | Ready
  | Done
  | Failed
  | Items
  | ItemFailed
  | Problem
  | Alive
  | Full
  | Output
  | Log

export const Kind = {
  init: 1,
  define: 2,
  release: 3,
  call: 4,
  chunk: 5,
  starChunk: 6,
  cancel: 7,
  stop: 8,
  calls: 9,
  manner: 10,
  prepare: 11,
  probe: 12,
  ready: 16,
  done: 17,
  failed: 18,
  items: 19,
  itemFailed: 20,
  problem: 21,
  output: 22,
  alive: 23,
  full: 24,
  log: 25,
} as const

interface Envelope {
  readonly task: number
  readonly fn: number
  readonly index: number
  readonly count: number
  readonly payload: Payload | undefined
}

/** Owner → worker, first: who the worker is. Payload: a `WorkerIdentity`. */
interface Init extends Envelope {
  readonly kind: typeof Kind.init
}

/**
 * Owner → worker: from now on `fn` names this function. Payload: the captured function. `index` is 0 when somebody could
 * notice that it runs again with plain data, so that a journal is kept for it; 2 when nobody could, but a run may change
 * what an earlier one gave; else 1.
 */
interface Define extends Envelope {
  readonly kind: typeof Kind.define
}

/** Owner → worker: `fn` will not be called any more. */
interface Release extends Envelope {
  readonly kind: typeof Kind.release
}

/** Owner → worker: run `fn` as `task`. Payload: the array of its arguments. Answered by `done` or `failed`. */
interface Call extends Envelope {
  readonly kind: typeof Kind.call
}

/**
 * Owner → worker: run `fn` once for each of `count` items, which are the items `index`, `index + 1`, … of their map.
 * Payload: the array of items. Answered in order, by `items` and `itemFailed`, until each of them was answered once;
 * or by one `failed` when the payload or the function could not be read, so that no item has begun.
 */
interface Chunk extends Envelope {
  readonly kind: typeof Kind.chunk
}

/** As `chunk`, but each item is an array of arguments. */
interface StarChunk extends Envelope {
  readonly kind: typeof Kind.starChunk
}

/** As `starChunk`, but the items are calls of their own, with the ids `task`, `task + 1`, …; `index` is 0. */
interface Calls extends Envelope {
  readonly kind: typeof Kind.calls
}

/**
 * Owner → worker: how the `call`, `chunk`, `starChunk` or `calls` behind it runs. `count`: the attempt, from 1. `index` is
 * 1 when nobody waits for one of its answers rather than for the last, so that they may be sent together. `fn` is 1 when
 * its items are to be noted in the journal in any case. Payload, if any: what the caller shares with it, an array of
 * [name, value].
 */
interface Manner extends Envelope {
  readonly kind: typeof Kind.manner
}

/**
 * Owner → worker of a pool, before its first task: `index` is its place in the pool. Unless it is 0, `fn` is the
 * initializer, to be run with the array of arguments in the payload: what it returns stays in the worker as its state.
 * Then it is answered by `done` without a value, or by `failed`.
 */
interface Prepare extends Envelope {
  readonly kind: typeof Kind.prepare
}

/**
 * Owner → worker: the result of `task` is no longer wanted. What of it has not begun must not begin, and what runs is
 * told. It is answered nevertheless, by one `failed` without payload that stands for all of its items that were not
 * answered yet.
 */
interface Cancel extends Envelope {
  readonly kind: typeof Kind.cancel
}

/** Owner → worker: finish what was received, run exit hooks and end. */
interface Stop extends Envelope {
  readonly kind: typeof Kind.stop
}

/** Worker → owner, once, before anything else: it runs, and will read what is sent to it. */
interface Ready extends Envelope {
  readonly kind: typeof Kind.ready
}

/** Worker → owner: `task` returned. Payload: the value. */
interface Done extends Envelope {
  readonly kind: typeof Kind.done
}

/** Worker → owner: `task` threw, or its arguments, function or result could not travel. Payload: the error. */
interface Failed extends Envelope {
  readonly kind: typeof Kind.failed
}

/**
 * Worker → owner: the items `index` … `index + count - 1` of `task` returned. Payload: the array of their values. Values
 * that are not plain (their payload needs more than JSON or packed numbers) come one by one, so that one that cannot be
 * read costs its own item only. `fn`: the nanoseconds that they took, 0 when not measured.
 */
interface Items extends Envelope {
  readonly kind: typeof Kind.items
}

/** Worker → owner: item `index` of `task` threw. Payload: the error. `fn`: as of `items`. */
interface ItemFailed extends Envelope {
  readonly kind: typeof Kind.itemFailed
}

/**
 * Worker → owner: something failed outside of a task, such as an unhandled rejection. Payload: the error. When it is
 * known which task it came from, `count` is 1 for a call, 2 for an item of a map; `task`, `index`, `fn` are those of it.
 */
interface Problem extends Envelope {
  readonly kind: typeof Kind.problem
}

/**
 * Worker → owner, once: it is about to write to stdout or stderr. From now on what it has written before a message is
 * passed on before that message is.
 */
interface Output extends Envelope {
  readonly kind: typeof Kind.output
}

/** Worker → owner: somebody logged something there, or below it. Payload: a `LogRecord`. */
interface Log extends Envelope {
  readonly kind: typeof Kind.log
}

/** Owner → worker: answer with `alive`, at once. `count` is 1 when that shall tell what the worker uses. */
interface Probe extends Envelope {
  readonly kind: typeof Kind.probe
}

/** Worker → owner: its event loop runs. Payload, if that was asked for: a `WorkerUsage`. */
interface Alive extends Envelope {
  readonly kind: typeof Kind.alive
}

/** Worker → owner: it holds more memory than its identity allows, so that it should get nothing more to do. */
interface Full extends Envelope {
  readonly kind: typeof Kind.full
}
