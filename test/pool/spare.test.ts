import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { Spare } from '#dist/pool/spare.js'
import { Pool, currentWorker } from 'manycore'
import { allGone } from '../support/processes.ts'

const pidsOfChildren = async (): Promise<number[]> => {
  const { readdirSync, readFileSync } = await import('node:fs')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
        return (
          Number(parent) === process.pid &&
          state !== 'Z' &&
          /process-entry/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        )
      } catch {
        return false
      }
    })
    .map(Number)
}
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
const die = (): void => process.exit(1)

describe('a spare worker', { skip: process.platform !== 'linux' && 'counts processes in /proc' }, () => {
  it('is kept from the moment on that a worker had to be replaced, and takes the next place', async () => {
    const pool = new Pool({ processes: 1 })
    await pool.apply(() => 1)
    assert.equal((await pidsOfChildren()).length, 1)
    await assert.rejects(pool.apply(die), { code: 'MC_WORKER_CRASHED' })
    const second = await pool.apply(() => process.pid)
    await until(async () => (await pidsOfChildren()).length === 2)
    const spare = (await pidsOfChildren()).find((pid) => pid !== second)
    await assert.rejects(pool.apply(die), { code: 'MC_WORKER_CRASHED' })
    assert.deepEqual(await pool.apply(() => [process.pid, currentWorker().index]), [spare, 0])
    await until(async () => (await pidsOfChildren()).length === 2)
    const pids = await pidsOfChildren()
    pool.close()
    await pool.join()
    await allGone(pids, 0)
  })

  it('is there from the beginning when asked for, or never', async () => {
    await using eager = new Pool({ processes: 1, spare: true })
    await eager.apply(() => 1)
    await until(async () => (await pidsOfChildren()).length === 2)
    const pids = await pidsOfChildren()
    await eager.terminate()
    await allGone(pids, 0)
    await using never = new Pool({ processes: 1, spare: false })
    for (let n = 0; n < 3; n++) {
      await assert.rejects(never.apply(die), { code: 'MC_WORKER_CRASHED' })
      await never.apply(() => 1)
      assert.equal((await pidsOfChildren()).length, 1)
    }
  })

  it('that ends by itself is missed by nobody', async () => {
    await using pool = new Pool({ processes: 1, spare: true })
    const own = await pool.apply(() => process.pid)
    await until(async () => (await pidsOfChildren()).length === 2)
    const spare = (await pidsOfChildren()).find((pid) => pid !== own) as number
    process.kill(spare, 'SIGKILL')
    await allGone([spare])
    await assert.rejects(pool.apply(die), { code: 'MC_WORKER_CRASHED' })
    assert.notEqual(await pool.apply(() => process.pid), spare)
  })

  it('runs the initializer when it takes its place, not before', async () => {
    await using pool = new Pool({ processes: 1, spare: true, maxTasksPerWorker: 1, initializer: () => Date.now() })
    for (let n = 0; n < 3; n++) {
      const before = Date.now()
      assert.ok((await pool.apply(() => currentWorker<number>().state)) >= before)
    }
  })
})

describe('a spare thread', () => {
  it('takes the place of one that has ended', async () => {
    await using pool = new Pool({ backend: 'thread', processes: 1, spare: true })
    // In a thread the clock begins with it.
    const startedMs = () => Date.now() - performance.now()
    for (;;) {
      const deathMs = Date.now()
      await assert.rejects(pool.apply(die), { code: 'MC_WORKER_CRASHED' })
      if ((await pool.apply(startedMs)) < deathMs) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
})

describe('when a spare is started', () => {
  const started = (wanted: boolean | undefined, play: (spare: Spare) => void): number => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let count = 0
      const worker = { exited: new Promise(() => {}) } as ReturnType<ConstructorParameters<typeof Spare>[1]>
      const spawn = (): typeof worker => {
        count++
        return worker
      }
      play(new Spare(wanted, spawn, () => {}))
      return count
    } finally {
      mock.timers.reset()
    }
  }
  const accident = (spare: Spare): void => {
    spare.wasMissed(false)
    spare.keep()
  }

  it('is half a second after the first accident as long as all workers are busy', () => {
    const after = (ms: number): number =>
      started(undefined, (spare) => {
        accident(spare)
        mock.timers.tick(ms)
      })
    assert.deepEqual([after(499), after(500)], [0, 1])
  })

  it('is soon when a worker has nothing to do', () => {
    const idle = (spare: Spare): void => {
      accident(spare)
      spare.idle()
      spare.idle()
      mock.timers.tick(20)
    }
    assert.equal(started(undefined, idle), 1)
  })

  it('is soon after the second accident, and where workers are replaced after a number of tasks', () => {
    const twice = (spare: Spare): void => {
      accident(spare)
      accident(spare)
      mock.timers.tick(20)
    }
    const foreseen = (spare: Spare): void => {
      spare.wasMissed(true)
      spare.keep()
      mock.timers.tick(20)
    }
    assert.deepEqual([started(undefined, twice), started(undefined, foreseen)], [1, 1])
  })

  it('is never where none is wanted, none was missed or the pool is over', () => {
    const missed = (spare: Spare): void => {
      accident(spare)
      mock.timers.tick(1000)
    }
    const calm = (spare: Spare): void => {
      spare.keep()
      spare.idle()
      mock.timers.tick(1000)
    }
    const over = (spare: Spare): void => {
      accident(spare)
      spare.end('release')
      mock.timers.tick(1000)
    }
    assert.deepEqual([started(false, missed), started(undefined, calm), started(undefined, over)], [0, 0, 0])
  })
})
