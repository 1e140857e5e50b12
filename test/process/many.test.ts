import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Process, activeChildren } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { SOON_MS } from '../support/processes.ts'
import { childrenOf } from '../support/workers.ts'

const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => {}, 60_000)
  })

onEachProcessBackend('many processes', ({ backend }) => {
  it('#016 50 short ones at once all end with 0', async () => {
    const children = Array.from({ length: 50 }, (_, n) =>
      new Process({ backend, target: (x: number) => x, args: [n] }).start(),
    )
    assert.deepEqual(
      await Promise.all(children.map((child) => child.result)),
      children.map((_, n) => n),
    )
    await Promise.all(children.map((child) => child.join()))
    assert.ok(children.every((child) => child.exitCode === 0))
  })

  it('#016 50 sleeping ones all end after terminate() or kill()', async () => {
    const children = Array.from({ length: 50 }, () => new Process({ backend, target: forever }).start())
    for (const [n, child] of children.entries()) {
      if (n % 2 === 0) child.kill()
      else void child.terminate({ grace: 60_000 })
    }
    await Promise.all(children.map((child) => child.join()))
    assert.ok(children.every((child, n) => child.exitCode === (n % 2 === 0 ? -9 : -15)))
    assert.equal(activeChildren().length, 0)
  })

  // `npm run soak` asks for a thousand.
  const rounds = Number(process.env['MANYCORE_SOAK_ROUNDS'] ?? 50)
  it(`${rounds} in a row leave no descriptor, timer, listener, file, process or memory behind`, async () => {
    for (let n = 0; n < 10; n++) await startAndEnd(backend, n)
    const before = await standing()
    for (let n = 0; n < rounds; n++) await startAndEnd(backend, n)
    await nothingLeft(before, rounds)
  })

  const waves = Math.floor(rounds / 100)
  const skip = waves === 0 && 'waves belong to npm run soak'
  it(`${waves} times 50 at once leave nothing either`, { skip }, async () => {
    const before = await standing()
    for (let wave = 0; wave < waves; wave++) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => startAndEnd(backend, n)))
    }
    await nothingLeft(before, waves * 50)
  })

  it('#022 hold neither target nor arguments after their end', async () => {
    const { child, argument, target } = await runWatched(backend)
    await standing()
    assert.equal(argument.deref(), undefined)
    assert.equal(target.deref(), undefined)
    assert.equal(child.exitCode, 0)
  })
})

// Other tests have files of their own there at the same time.
function isOurs(name: string): boolean {
  return name.startsWith('manycore-') && name.includes(`-${process.pid}-`)
}

async function startAndEnd(backend: 'process' | 'thread', n: number): Promise<void> {
  const child = new Process({ backend, target: (x: number) => x + 1, args: [n], daemon: n % 3 === 0 }).start()
  if (n % 5 === 0) child.kill()
  else assert.equal(await child.result, n + 1)
  await child.join(60_000)
  child.close()
}

async function runWatched(
  backend: 'process' | 'thread',
): Promise<{ child: Process<[unknown], string>; argument: WeakRef<object>; target: WeakRef<object> }> {
  const held = { big: 'x' }
  const target = (value: unknown): string => typeof value
  const child = new Process({ backend, target, args: [held] }).start()
  await child.join()
  return { child, argument: new WeakRef(held), target: new WeakRef(target) }
}

interface Standing {
  readonly descriptors: number
  readonly resources: Record<string, number>
  readonly listeners: Record<string, number>
  /** Of the temp folder and the one in memory, those of manycore. */
  readonly files: readonly string[]
  /** The reaper, and nobody else. */
  readonly children: number
  readonly heap: number
  /** Outside of the heap. */
  readonly buffers: number
}

async function nothingLeft(before: Standing, rounds: number): Promise<void> {
  const { heap: _heap, buffers: _buffers, ...expected } = before
  let { heap, buffers, ...rest } = await standing()
  // What is behind the last event of the last one may still be closing.
  for (const untilMs = performance.now() + SOON_MS; !isDeepStrictEqual(rest, expected);) {
    if (performance.now() > untilMs) assert.deepEqual(rest, expected)
    await sleep(20)
    ;({ heap, buffers, ...rest } = await standing())
  }
  const grownKiB = (heap + buffers - before.heap - before.buffers) / 1024
  console.log(`${rounds} starts: the heap and its buffers have grown by ${grownKiB.toFixed(0)} KiB`)
  assert.ok(grownKiB < 512 + rounds, `the heap has grown by ${grownKiB.toFixed(0)} KiB`)
}

async function standing(): Promise<Standing> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) {
    // What the test runner itself has under way.
    if (name !== 'Immediate' && name !== 'TickObject') resources[name] = (resources[name] ?? 0) + 1
  }
  return {
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    resources,
    listeners: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])),
    files: ['/dev/shm', tmpdir()].filter(existsSync).flatMap((folder) => readdirSync(folder).filter(isOurs)),
    children: process.platform === 'linux' ? childrenOf(process.pid).length : 0,
    heap: process.memoryUsage().heapUsed,
    buffers: process.memoryUsage().external,
  }
}
