import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { type BackendName, currentProcess, Pool, registerType, Thread, WorkerCrashedError } from 'manycore'
import { inEachOf } from '../support/meeting.js'
import { onEachBackend } from '../support/on-backends.js'
import { SOON_MS } from '../support/processes.js'
import { watchThreads } from '../support/thread-watch.js'
import { isRunning, textOf } from '../support/workers.js'

// Where all workers send their results through one pipe, a worker that dies while it holds the lock of that pipe stops the
// others for ever. Here each has a channel of its own, and what else two sides touch is held by nobody: shown below.

const WORKERS = 3
/** Many times what the system takes of what nobody reads. */
const BYTES = 4 * 1024 * 1024
const LATER = Array.from({ length: 30 }, (_, n) => n)

/** How the first of the workers dies, while all of them send. */
interface Death {
  readonly name: string
  /** In the middle of packing its result, or when a part of it was sent. */
  readonly when: 'packing' | 'sending'
  /** Does not return; nothing where the owner ends the thread. */
  readonly strike?: () => void
  /** Of a result that is lost. */
  readonly signal?: NodeJS.Signals | null
}

const exit = (): void => process.exit(3)
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

const DEATHS: Readonly<Record<BackendName, readonly Death[]>> = {
  process: [
    { name: 'SIGKILL', when: 'sending', strike: kill, signal: 'SIGKILL' },
    { name: 'process.abort()', when: 'sending', strike: () => process.abort(), signal: 'SIGABRT' },
    { name: 'SIGKILL', when: 'packing', strike: kill, signal: 'SIGKILL' },
    // It sends the rest before it ends.
    { name: 'process.exit()', when: 'sending', strike: exit },
  ],
  thread: [
    { name: 'worker.terminate()', when: 'packing', signal: null },
    // What was posted will arrive.
    { name: 'worker.terminate()', when: 'sending' },
    { name: 'process.exit()', when: 'sending', strike: exit },
  ],
  inline: [{ name: 'process.exit()', when: 'packing', strike: exit, signal: null }],
}

/** A result that does something while it is packed. */
class Parcel {
  readonly pack: () => void
  constructor(pack: () => void) {
    this.pack = pack
  }
}

onEachBackend('a worker that dies while all send their results', ({ backend }) => {
  let folder: string
  let folders = 0
  const threads = new Map<number, Worker>()
  let unwatch = (): void => {}
  let pool: Pool
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'manycore-senders-'))
    unwatch = watchThreads((thread) => void threads.set(thread.threadId, thread))
    registerType(Parcel, { encode: ({ pack }) => pack(), decode: () => new Parcel(() => {}) })
    pool = new Pool({ backend, processes: WORKERS })
  })
  after(async () => {
    await pool.terminate()
    unwatch()
    rmSync(folder, { recursive: true })
  })

  for (const death of DEATHS[backend]) {
    const isCut = death.signal !== undefined
    for (const retries of isCut ? [0, 1] : [0]) {
      const cost = !isCut ? 'nothing' : retries === 0 ? 'its task' : 'one more attempt'
      it(`#235 by ${death.name} while ${death.when} costs ${cost}, and holds up nobody else`, async () => {
        const place = join(folder, String(++folders))
        mkdirSync(place)
        await inEachOf(pool, WORKERS, () => 0)
        const send = senderIn(place, death, backend)
        const tasks = Array.from({ length: WORKERS }, (_, n) =>
          pool.apply(send, [n], { retries }).catch((error: unknown) => error),
        )
        const ran = join(place, 'ran')
        const later = pool.map((n: number) => (appendFileSync(ran, `${n}\n`), n * 2), LATER)
        const isThere = (what: string) => existsSync(join(place, what))
        while (!tasks.every((_, n) => isThere(`begun-${n}`))) await sleep(2)
        const victim = JSON.parse(readFileSync(join(place, 'begun-0'), 'utf8')) as Begun
        writeFileSync(join(place, 'go'), '')
        if (backend !== 'inline') {
          // Nobody reads until all of them have sent what the system takes, and one of them is dead.
          block(() => tasks.every((_, n) => isThere(`sent-${n}`)))
          if (death.strike === undefined) void threads.get(victim.threadId)?.terminate()
          else if (isCut) block(() => !isRunning(victim.pid))
        }
        const [first, ...others] = await Promise.all(tasks)
        for (const [at, one] of others.entries()) checkResult(one, at + 1)
        if (!isCut || retries > 0) checkResult(first, 0)
        else {
          assert.ok(first instanceof WorkerCrashedError, String(first))
          assert.equal(first.signal, death.signal)
        }
        const doubled = LATER.map((n) => n * 2)
        assert.deepEqual(await later, doubled)
        const lines = readFileSync(ran, 'utf8').trim().split('\n').map(Number)
        assert.deepEqual(
          lines.sort((a, b) => a - b),
          LATER,
          'each ran once',
        )
        if (backend === 'process') {
          for (let n = death.when === 'packing' ? 1 : 0; n < WORKERS; n++) {
            const left = Number(readFileSync(join(place, `sent-${n}`), 'utf8'))
            assert.ok(!(left < 16 * 1024 || left > BYTES), `${left} bytes of ${BYTES} had left`)
          }
        }
        const names = await inEachOf(pool, WORKERS, () => currentProcess().name)
        assert.equal(new Set(names).size, WORKERS)
        assert.ok(!names.includes(victim.name), 'there is another in its place')
      })
    }
  }
})

describe('what workers could hold when they die', () => {
  const isLinux = process.platform === 'linux'
  const skip = !isLinux && 'what a process has open is listed on Linux only'

  it('#235 is none of what another has open, nor has what a worker starts any of it', { skip }, async () => {
    await using pool = new Pool({ processes: WORKERS })
    const list = (): string => spawnSync('/bin/sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8' }).stdout
    const open = await inEachOf(pool, WORKERS, () => {
      const own = readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)]
        } catch {
          // It was open for the listing only.
          return []
        }
      })
      return [own, filesIn(list())] as const
    })
    // What this test itself was started with is everybody's.
    const inherited = new Set(filesIn(list()))
    const held = (files: readonly string[]): string[] =>
      [...new Set(files)].filter((file) => /^(socket|pipe):|^\/.* \(deleted\)$/.test(file) && !inherited.has(file))
    for (const [own] of open) assert.ok(held(own).length >= 4, 'its channel, journal, stdout and stderr')
    const all = open.flatMap(([own, child]) => [...held(own), ...held(child)])
    assert.equal(new Set(all).size, all.length, all.join('\n'))
  })

  it('#235 is not the right to print: one that is ended while it waits for its reader stops no other', async () => {
    const unread: Int32Array[] = []
    const threads: Worker[] = []
    const unwatch = watchThreads((thread, data) => {
      threads.push(thread)
      unread.push(new Int32Array((data as { unread: SharedArrayBuffer }).unread))
    })
    const print = (): string => {
      for (let line = 0; line < 5000; line++) console.log(`${line} ${'x'.repeat(40)}`)
      return 'printed'
    }
    const [victim, other] = [1, 2].map(() => new Thread({ target: print, stdio: 'pipe' }).start())
    assert.ok(victim !== undefined && other !== undefined)
    unwatch()
    victim.result.catch(() => {})
    await Promise.all(unread.map(async (count) => await filled(count)))
    block(() => unread.every((count) => Atomics.load(count, 0) > 64 * 1024))
    void threads[0]?.terminate()
    const lines = (await textOf(other.stdout)).trimEnd().split('\n')
    assert.deepEqual([lines.length, lines.at(-1)?.split(' ')[0]], [5000, '4999'])
    assert.equal(await other.result, 'printed')
    victim.stdout?.resume()
    await assert.rejects(victim.result, { code: 'MC_WORKER_CRASHED' })
  })

  // A journal has one writer, at places of its own (its two flags too), no lock, and no position that is shared; what
  // is cut off in it at any byte is told from the rest (test/channel/journal.test.ts). The memory of users is theirs:
  // nothing is written into it. The reaper reads from its owner only. So all that could be held would be found here.
  it('#235 is no lock: these are all places where one waits for memory or files that another has too', () => {
    const src = fileURLToPath(new URL('../../../src', import.meta.url))
    const waits = readdirSync(src, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
      if (!file.endsWith('.ts')) return []
      const code = readFileSync(join(src, file), 'utf8').replaceAll(/^ *(\/\/|\*|\/\*\*).*$/gm, '')
      const found = code.match(
        /Atomics\.(?:wait|waitAsync|compareExchange|exchange)\(.*?\)|\bflock\w*\(|'wx\+?'|\bO_EXCL\b|\blocks\.request\(|BroadcastChannel\(/g,
      )
      return (found ?? []).map((one) => `${file.split(sep).join('/')}: ${one}`)
    })
    assert.deepEqual(waits.sort(), [
      // A name that nobody else has, which is removed at once.
      "channel/journal-store.ts: 'wx+'",
      // In memory of its own: a pause of a millisecond.
      'channel/outbox.ts: Atomics.wait(SLEEP, 0, 0, 1)',
      // A thread for its owner, which holds nothing; the memory is of these two only.
      'worker/thread-output.ts: Atomics.wait(count, 0, held)',
    ])
  })
})

/** What a worker tells when it has begun. */
interface Begun {
  readonly pid: number
  readonly threadId: number
  readonly name: string
}

/** A task that waits for all others, gives a long result, and dies of it in the first worker, once. */
function senderIn(place: string, { when, strike }: Death, backend: BackendName): (n: number) => Promise<unknown> {
  // What it captures tells the workers how such results travel.
  const harmless = new Parcel(() => {})
  // How much has left; nobody knows where the system does not count it, or for all threads together.
  const written = (): number => {
    if (backend !== 'process') return NaN
    try {
      return Number(/wchar: ([1-9]\d*)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
    } catch {
      return NaN
    }
  }
  const die = (): void => {
    while (backend !== 'inline' && !(existsSync(join(place, 'sent-1')) && existsSync(join(place, 'sent-2')))) continue
    strike?.()
    // Until somebody ends it.
    for (;;);
  }
  return async (n) => {
    const { pid, threadId, name } = currentProcess()
    const result = new Uint8Array(BYTES).fill(n)
    if (n === 0 && existsSync(join(place, 'begun-0'))) return result
    writeFileSync(join(place, `begun-${n}.part`), JSON.stringify({ pid, threadId, name }))
    renameSync(join(place, `begun-${n}.part`), join(place, `begun-${n}`))
    while (!existsSync(join(place, 'go'))) await new Promise((resolve) => setTimeout(resolve, 2))
    if (n === 0 && when === 'packing')
      return Object.assign(Object.create(Object.getPrototypeOf(harmless) as object), {
        pack: () => {
          writeFileSync(join(place, 'sent-0'), '')
          die()
        },
      }) as Parcel
    const before = written()
    // The first write comes before the end of this turn.
    setImmediate(() => {
      const file = join(place, `sent-${n}`)
      writeFileSync(`${file}.part`, String(written() - before))
      renameSync(`${file}.part`, file)
      if (n === 0) die()
    })
    return result
  }
}

/** The targets in what `ls -l` prints. */
function filesIn(listing: string): string[] {
  return [...listing.matchAll(/ -> (.*)$/gm)].map(([, file = '']) => file)
}

function checkResult(result: unknown, n: number): void {
  assert.ok(result instanceof Uint8Array, String(result))
  assert.ok(Buffer.alloc(BYTES, n).equals(result), `the result of task ${n}`)
}

/** Lets nothing else happen in this thread until then. */
function block(until: () => boolean): void {
  const lastMs = performance.now() + SOON_MS
  while (!until()) {
    if (performance.now() > lastMs) throw new Error(`not so after ${SOON_MS} ms: ${String(until)}`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
  }
}

async function filled(count: Int32Array): Promise<void> {
  while (Atomics.load(count, 0) <= 64 * 1024) await sleep(2)
}
