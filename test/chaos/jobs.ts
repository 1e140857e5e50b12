import { appendFileSync } from 'node:fs'
import { currentTask, type Pool, RetriesError, TimeoutError, WorkerCrashedError } from 'manycore'
import type { Random } from './random.js'

/** Numbers of tasks by what became of them. */
export interface Outcomes {
  tasks: number
  right: number
  thrown: number
  /** Right after several attempts were planned to fail. */
  retried: number
  /** Failed in each of the attempts that they had. */
  givenUp: number
  /** Ended their worker themselves. */
  ended: number
  /** Were running when their worker was killed. */
  lost: number
  timedOut: number
  aborted: number
  cancelled: number
}

/** What a job is given, and where it reports to. */
export interface Stage {
  readonly pool: Pool
  readonly random: Random
  readonly file: string
  readonly outcomes: Outcomes
  /** Tasks of which the file must hold one line, and those that may have begun. */
  readonly began: Set<number>
  readonly mayBegin: Set<number>
  nextId(count: number): number[]
  violated(what: string): void
}

/** Makes one job of tasks, and settles when all of them have, each right or with an error that it may have. */
export type Job = (stage: Stage) => Promise<void>

export const JOBS: readonly Job[] = [
  // Single calls, in a flood.
  async (stage) => {
    const ids = stage.nextId(stage.random.between(1, 300))
    const step = stepOf(stage.file)
    await Promise.all(ids.map((id) => judge(stage, id, stage.pool.apply(step, [id]), {})))
  },
  // Single calls that take a while, with a time limit, some endless.
  async (stage) => {
    const { file } = stage
    const run = (id: number) => {
      appendFileSync(file, `${id}\n`)
      if (id % 11 === 0) for (;;);
      return id * 3
    }
    const ids = stage.nextId(stage.random.between(1, 15))
    await Promise.all(
      ids.map((id) => judge(stage, id, stage.pool.apply(run, [id], { timeout: 150, grace: 20 }), { limit: true })),
    )
  },
  // Maps of tiny items, of which some throw and some end their worker.
  async (stage) => {
    const { file, random, pool } = stage
    const run = (id: number) => {
      appendFileSync(file, `${id}\n`)
      if (id % 13 === 0) throw new RangeError(`planned ${id}`)
      if (id % 997 === 0) process.exit(7)
      return id * 3
    }
    const ids = stage.nextId(random.between(10, 3000))
    const chunkSize = random.pick([undefined, undefined, 1, 7, 100])
    const results = await pool.map(run, ids, { onError: 'settle', chunkSize })
    for (const [at, id] of ids.entries()) {
      judgeSettled(stage, id, results[at], { thrown: id % 13 === 0, ended: id % 13 !== 0 && id % 997 === 0 })
    }
  },
  // Maps of functions that need no journal.
  async (stage) => {
    const ids = stage.nextId(stage.random.between(10, 5000))
    const results = await stage.pool.map((id: number) => id * 3, ids, { onError: 'settle' })
    for (const [at, id] of ids.entries()) judgeSettled(stage, id, results[at], { silent: true })
  },
  // Streams of async items, read in order.
  async (stage) => {
    const { file, random, pool } = stage
    const run = async (id: number) => {
      appendFileSync(file, `${id}\n`)
      await new Promise((resolve) => setTimeout(resolve, id % 4))
      return id * 3
    }
    const ids = stage.nextId(random.between(1, 200))
    const results = pool.imap(run, ids, { onError: 'settle', buffer: random.pick([undefined, 3, 50]) })
    let at = 0
    for await (const one of results) judgeSettled(stage, ids[at++] as number, one, {})
    if (at !== ids.length) stage.violated(`a stream of ${ids.length} items gave ${at}`)
  },
  // Streams that are left early.
  async (stage) => {
    const ids = stage.nextId(stage.random.between(20, 200))
    for (const id of ids) stage.mayBegin.add(id)
    const step = stepOf(stage.file)
    let read = 0
    const enough = stage.random.between(1, 20)
    const seen = new Set<number>()
    for await (const one of stage.pool.imapUnordered(step, ids, { onError: 'settle' })) {
      if (one.status === 'fulfilled') {
        if (seen.has(one.value)) stage.violated(`result ${one.value} was delivered twice`)
        seen.add(one.value)
        stage.began.add(one.value / 3)
        stage.outcomes.right++
      } else if (one.reason instanceof WorkerCrashedError) stage.outcomes.lost++
      else stage.violated(`a stream gave ${String(one.reason)}`)
      if (++read === enough) break
    }
    stage.outcomes.cancelled += ids.length - read
  },
  // Maps that are aborted on the way.
  async (stage) => {
    const ids = stage.nextId(stage.random.between(20, 500))
    for (const id of ids) stage.mayBegin.add(id)
    const { file } = stage
    const run = (id: number) => {
      appendFileSync(file, `${id}\n`)
      for (const end = performance.now() + 1; performance.now() < end;);
      return id * 3
    }
    const reason = new Error('given up')
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(reason), stage.random.between(0, 100))
    try {
      const results = await stage.pool.map(run, ids, { signal: controller.signal, onError: 'settle', grace: 20 })
      for (const [at, id] of ids.entries()) judgeSettled(stage, id, results[at], {})
    } catch (error) {
      if (error === reason) stage.outcomes.aborted += ids.length
      else stage.violated(`an aborted map rejected with ${String(error)}`)
    }
    clearTimeout(timer)
  },
  // Calls and maps with retries: some end their worker or throw twice, some always.
  async (stage) => {
    const { file, pool, random } = stage
    const run = (id: number) => {
      const { attempt } = currentTask()
      appendFileSync(file, `${id} ${attempt}\n`)
      if (id % 17 === 0 && attempt < 3) process.exit(7)
      if (id % 19 === 0 && attempt < 3) throw new RangeError(`planned ${id}`)
      return id * 3
    }
    // More often than an assailant strikes one task.
    const retries = { limit: 12, backoff: 1, on: () => true }
    const ids = stage.nextId(random.between(1, 40))
    const results = random.chance(0.5)
      ? await Promise.allSettled(ids.map((id) => pool.apply(run, [id], { retries })))
      : await pool.map(run, ids, { retries, onError: 'settle' })
    for (const [at, id] of ids.entries()) {
      if (id % 17 === 0 || id % 19 === 0) stage.outcomes.retried++
      judgeSettled(stage, id, results[at], {})
      if (results[at]?.status === 'rejected') stage.violated(`task ${id} was lost in spite of its retries`)
    }
  },
  async (stage) => {
    const { file } = stage
    const run = (id: number) => {
      appendFileSync(file, `${id} ${currentTask().attempt}\n`)
      if (id % 5 === 0) process.exit(7)
      return id * 3
    }
    const ids = stage.nextId(stage.random.between(1, 15))
    const results = await stage.pool.map(run, ids, { retries: { limit: 2, backoff: 1 }, onError: 'settle' })
    for (const [at, id] of ids.entries()) {
      const one = results[at]
      stage.mayBegin.add(id)
      const isGivenUp = one?.status === 'rejected' && one.reason instanceof RetriesError && one.reason.attempts === 3
      // Also a task that is not planned to fail may be struck three times.
      if (isGivenUp) stage.outcomes.givenUp++
      else if (id % 5 === 0) stage.violated(`task ${id} was not given up`)
      else judgeSettled(stage, id, one, {})
    }
  },
  // Results and arguments of a megabyte.
  async (stage) => {
    const { file } = stage
    const run = (id: number, bytes: Uint8Array) => {
      appendFileSync(file, `${id}\n`)
      bytes[0] = (id * 3) % 256
      return bytes
    }
    const ids = stage.nextId(stage.random.between(1, 6))
    await Promise.all(
      ids.map((id) => {
        const task = stage.pool.apply(run, [id, new Uint8Array(1_000_000)])
        const checked = task.then((bytes) => {
          const isRight = bytes.length === 1_000_000 && bytes[0] === (id * 3) % 256
          return isRight ? id * 3 : NaN
        })
        return judge(stage, id, checked, {})
      }),
    )
  },
]

/** Items of which some fill the heap of their worker, which must have a small one. */
export const HOARD: Job = async (stage) => {
  const { file } = stage
  const run = (id: number) => {
    appendFileSync(file, `${id}\n`)
    const hoard: unknown[] = []
    if (id % 7 === 0) for (;;) hoard.push(Array.from({ length: 10_000 }, (_, at) => `${hoard.length} ${at}`))
    return id * 3
  }
  const ids = stage.nextId(stage.random.between(1, 10))
  const results = await stage.pool.map(run, ids, { onError: 'settle' })
  for (const [at, id] of ids.entries()) judgeSettled(stage, id, results[at], { ended: id % 7 === 0 })
}

interface Allowed {
  /** It may take longer than its limit. */
  readonly limit?: boolean
  /** It is planned to throw. */
  readonly thrown?: boolean
  /** It is planned to end its worker. */
  readonly ended?: boolean
  /** It leaves no line in the file. */
  readonly silent?: boolean
}

function stepOf(file: string): (id: number) => number {
  return (id) => {
    appendFileSync(file, `${id}\n`)
    return id * 3
  }
}

async function judge(stage: Stage, id: number, task: Promise<unknown>, allowed: Allowed): Promise<void> {
  const [settled] = await Promise.allSettled([task])
  judgeSettled(stage, id, settled, allowed)
}

function judgeSettled(
  stage: Stage,
  id: number,
  settled: PromiseSettledResult<unknown> | undefined,
  { limit = false, thrown = false, ended = false, silent = false }: Allowed,
): void {
  const { outcomes } = stage
  if (!silent) stage.mayBegin.add(id)
  if (settled === undefined) return stage.violated(`task ${id} has no result`)
  if (settled.status === 'fulfilled') {
    if (settled.value !== id * 3 || thrown || ended) stage.violated(`task ${id} gave ${String(settled.value)}`)
    if (!silent) stage.began.add(id)
    outcomes.right++
    return
  }
  const { reason } = settled as { reason: unknown }
  if (reason instanceof WorkerCrashedError) {
    if (ended && (reason.exitCode === 7 || /ran out of heap memory/.test(reason.message))) outcomes.ended++
    else outcomes.lost++
  } else if (limit && reason instanceof TimeoutError) outcomes.timedOut++
  else if (thrown && reason instanceof RangeError && reason.message === `planned ${id}`) {
    stage.began.add(id)
    outcomes.thrown++
  } else stage.violated(`task ${id} failed with ${reason instanceof Error ? String(reason.stack) : String(reason)}`)
}
