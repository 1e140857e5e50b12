import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, Process, activeChildren, currentProcess, parentProcess, wait, type BackendName } from 'manycore'

class OddError extends Error {
  readonly n: number

  constructor(n: number) {
    super(`${n} is odd`)
    this.n = n
  }
}

// Everything that it says must not depend on where the work is done.
async function body(backend: Exclude<BackendName, 'inline'>): Promise<unknown[]> {
  const said: unknown[] = []
  const factor = 3
  const failing = (n: number): number => {
    if (n % 2 === 1) throw new OddError(n)
    return n * factor
  }
  const forever = () => new Promise<never>(() => setInterval(() => {}, 60_000))

  const child = new Process({
    backend,
    target: (...numbers: number[]) => [numbers.map((n) => n * factor), currentProcess().name, parentProcess()?.name],
    args: [1, 2],
    name: 'Ada',
  })
  said.push([child.isAlive(), child.exitCode, child.state])
  child.start()
  said.push([child.isAlive(), await child.result, await child.join(), child.isAlive(), child.exitCode, child.state])
  assert.throws(() => child.start(), { code: 'MC_PROCESS_STARTED' })

  const broken = new Process({ backend, target: failing, args: [7], stdio: 'ignore' }).start()
  const error: unknown = await broken.result.catch((reason: unknown) => reason)
  assert.ok(error instanceof OddError)
  await broken.join()
  said.push([error.n, error.message, broken.exitCode])

  const sleepers = [1, 2].map(() => new Process({ backend, target: forever }).start())
  said.push([activeChildren().length, (await wait(sleepers, 0)).length, await sleepers[0]?.join(0)])
  await sleepers[0]?.terminate({ grace: 60_000 })
  sleepers[1]?.kill()
  said.push([await sleepers[1]?.join(), (await wait(sleepers)).length])
  said.push([sleepers.map(({ exitCode, exitSignal }) => [exitCode, exitSignal])])
  for (const one of sleepers) await assert.rejects(one.result, { code: 'MC_PROCESS_ENDED' })

  await using pool = new Pool({ backend, processes: 2 })
  said.push([await pool.map((n: number) => n * factor, [1, 2, 3])])
  const pairs = [
    [1, 2],
    [3, 4],
  ] as const
  said.push([await pool.starmap((a: number, b: number) => a + b, pairs)])
  said.push([await pool.map(failing, [2, 3, 4], { onError: 'settle' }).then((all) => all.map(({ status }) => status))])
  const streamed: number[] = []
  for await (const n of pool.imap(failing, [2, 4, 6])) streamed.push(n)
  said.push([streamed])
  await assert.rejects(pool.apply(failing, [5]), OddError)
  const lost = await pool.apply(() => process.exit(3)).catch((reason: unknown) => reason)
  said.push([(lost as { code: string }).code, (lost as { exitCode: number }).exitCode])
  await assert.rejects(
    pool.apply(() => forever(), [], { timeout: 50 }),
    { code: 'MC_TASK_TIMEOUT' },
  )
  said.push([await pool.apply((map: Map<string, Date>) => [...map.keys()], [new Map([['a', new Date(0)]])])])
  await pool.close()
  assert.throws(() => pool.apply(failing, [2]), { code: 'MC_POOL_CLOSED' })
  await pool.join()
  return said
}

const expected = [
  [false, null, 'initial'],
  [true, [[3, 6], 'Ada', 'MainProcess'], true, false, 0, 'stopped'],
  [7, '7 is odd', 1],
  [2, 0, false],
  [true, 2],
  [
    [
      [-15, 'SIGTERM'],
      [-9, 'SIGKILL'],
    ],
  ],
  [[3, 6, 9]],
  [[3, 7]],
  [['fulfilled', 'rejected', 'fulfilled']],
  [[6, 12, 18]],
  ['MC_WORKER_CRASHED', 3],
  [['a']],
]

describe('one test body passes wherever the work is done, and says the same', () => {
  for (const backend of ['process', 'thread'] as const) {
    it(`#055 backend '${backend}'`, async () => {
      assert.deepEqual(await body(backend), expected)
    })
  }
})
