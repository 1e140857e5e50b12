import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { asLoneUser } from '../support/lone-user.ts'

const program = fileURLToPath(new URL('../fixtures/process/few-slots.js', import.meta.url))

const skip = whyNot()

interface Failure {
  readonly code: string
  readonly message: string
}

interface Told {
  readonly thrown?: Failure
  readonly result?: unknown
  readonly exit?: { readonly reason: string; readonly exitSignal: string }
  readonly alive?: boolean
}

// Side by side, as most of them wait.
const options = { skip, concurrency: true }

describe('when the system gives no more processes and threads (ulimit -u)', options, () => {
  it('a start for which there is no room at all throws at once', async () => {
    const { thrown } = await withRoom<Told>('process', 0)
    assert.equal(thrown?.code, 'MC_WORKER_START')
    assert.match(thrown?.message ?? '', /no free process slot \(EAGAIN\); raise "ulimit -u"/)
  })

  it('a process whose Node can make no thread fails with what to raise', async () => {
    assertFailed(await withRoom<Told>('process', 1))
  })

  // Node waits for the rest of them for ever.
  for (const room of [2, 3, 4]) {
    it(`a process whose Node can make ${room - 1} of its threads fails within seconds, with what to raise`, async () => {
      const told = await withRoom<Told & { readonly ms: number }>('process', room)
      assertFailed(told)
      // Far below the time limit of a start.
      assert.ok(told.ms < 30_000, String(told.ms))
    })
  }

  it('a process with just enough works', async () => {
    assert.equal((await withRoom<Told>('process', 7)).result, 'works')
  })

  it('a thread for which there is no room throws at once', async () => {
    const { thrown } = await withRoom<Told>('thread', 0)
    assert.equal(thrown?.code, 'MC_WORKER_START')
    assert.match(thrown?.message ?? '', /raise "ulimit -u"/)
  })

  it('what runs goes on, and when it has ended there is room again', async () => {
    const { second, third } = await withRoom<{ second: Told; third: Told }>('again', 9)
    assertFailed(second)
    assert.equal(third.result, 'works')
  })

  it('a pool works with the workers that can be had, and says why when there are none', async () => {
    const some = await withRoom<{ results: unknown }>('pool', 9)
    assert.deepEqual(some.results, [1, 4, 9, 16])
    const none = await withRoom<{ results: Failure; workers: number }>('pool', 3)
    assert.equal(none.results.code, 'MC_WORKER_START')
    assert.match(none.results.message, /ulimit -u/)
    assert.equal(none.workers, 0)
  })
})

async function withRoom<T>(what: string, room: number): Promise<T> {
  const args = [...asLoneUser(), process.execPath, program, what, String(room)]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  // The temp folder of the tests is not this user's.
  const { stdout } = await promisify(execFile)('setpriv', args, { env: { ...env, TMPDIR: '/tmp' }, timeout: 100_000 })
  return JSON.parse(stdout) as T
}

// A thread that is only just ending still counts, so that there may be room for one more than was meant.
function assertFailed({ result, exit, alive }: Told): void {
  assert.equal((result as Failure).code, 'MC_WORKER_START')
  assert.match((result as Failure).message, /raise "ulimit -u"/)
  assert.match(exit?.reason ?? '', /raise "ulimit -u"/)
  assert.ok(exit?.exitSignal === 'SIGABRT' || exit?.exitSignal === 'SIGKILL')
  assert.equal(alive, false)
}

function whyNot(): string | false {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root, to become a user who has no other processes'
  const can = spawnSync('setpriv', [...asLoneUser(), 'prlimit', '--nproc=99:', process.execPath, program, 'nothing'], {
    env: { ...process.env, TMPDIR: '/tmp' },
  })
  return can.status === 0 ? false : 'needs setpriv and prlimit, and a Node and a checkout that any user may read'
}
