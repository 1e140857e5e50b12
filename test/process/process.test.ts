import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inspect } from 'node:util'
import { Process, activeChildren, currentProcess } from 'manycore'
import { holdTimers } from '../support/held-timers.js'
import { onEachProcessBackend } from '../support/on-backends.js'

const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => {}, 60_000)
  })

onEachProcessBackend('Process', ({ backend }) => {
  it('#001 is not alive before start(), alive with a pid until it ends, then has exitCode 0', async () => {
    const child = new Process({ backend, target: () => {} })
    assert.equal(child.isAlive(), false)
    assert.equal(child.exitCode, null)
    assert.equal(child.pid, undefined)
    assert.equal(child.state, 'initial')
    assert.match(child.name, /^Process-\d+$/)
    child.start()
    assert.equal(child.isAlive(), true)
    assert.equal(child.state, 'started')
    assert.equal(child.pid === process.pid, backend === 'thread')
    assert.equal(await child.join(), true)
    assert.equal(child.isAlive(), false)
    assert.equal(child.exitCode, 0)
    assert.equal(child.exitSignal, null)
    assert.equal(child.state, 'stopped')
  })

  it('#002 gives the target its arguments by value', async () => {
    const list = [1, 2]
    const options = { deep: { n: 1 } }
    const child = new Process({
      backend,
      target: (numbers: number[], bag: { deep: { n: number } }) => {
        numbers.push(3)
        bag.deep.n = 2
        return [numbers, bag]
      },
      args: [list, options],
    }).start()
    list.push(99)
    assert.deepEqual(await child.result, [[1, 2, 3], { deep: { n: 2 } }])
    assert.deepEqual(options, { deep: { n: 1 } })
    assert.deepEqual(list, [1, 2, 99])
    await child.join()
  })

  it('takes over captured variables at start()', async () => {
    let n = 1
    const child = new Process({ backend, target: () => n })
    n = 2
    child.start()
    n = 3
    assert.equal(await child.result, 2)
    await child.join()
  })

  it('waits for the promise that the target returns', async () => {
    const child = new Process({
      target: async (text: string) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return text.toUpperCase()
      },
      args: ['late'],
    }).start()
    assert.equal(await child.result, 'LATE')
    await child.join()
  })

  it('#007 cannot be started twice', async () => {
    const child = new Process({ backend, target: () => {} }).start()
    assert.throws(() => child.start(), { code: 'MC_PROCESS_STARTED', message: /cannot start a process twice/i })
    await child.join()
    assert.throws(() => child.start(), { code: 'MC_PROCESS_STARTED' })
  })

  it('#009 join() with a timeout returns when it has elapsed and leaves the process alone', async () => {
    const child = new Process({ backend, target: forever }).start()
    for (const timeout of [0, -1, 20]) {
      const beganMs = performance.now()
      assert.equal(await child.join(timeout), false)
      // Timers of Node count whole milliseconds.
      assert.ok(performance.now() - beganMs > timeout - 1)
    }
    assert.equal(await child.join({ timeout: 1 }), false)
    assert.equal(child.exitCode, null)
    assert.equal(child.isAlive(), true)
    child.kill()
    await child.join()
  })

  it('join() gives up when its signal is aborted, and the process runs on', async () => {
    const child = new Process({ backend, target: forever }).start()
    const abort = new AbortController()
    const waiting = child.join({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    await assert.rejects(child.join({ signal: abort.signal }), /enough/)
    assert.equal(child.isAlive(), true)
    child.kill()
    await child.join()
  })

  it('#010 join() may be called many times, before and after the end', async () => {
    const child = new Process({ backend, target: () => {} }).start()
    assert.deepEqual(await Promise.all([child.join(), child.join(), child.join()]), [true, true, true])
    assert.equal(await child.join(0), true)
  })

  it('cannot be joined, waited for or ended before start()', async () => {
    const child = new Process({ backend, target: () => {} })
    const notStarted = { code: 'MC_PROCESS_NOT_STARTED' }
    await assert.rejects(child.join(), notStarted)
    assert.throws(() => child.sentinel, notStarted)
    assert.throws(() => child.interrupt(), notStarted)
  })

  it('#011 is known to have ended although nobody joined', async () => {
    const child = new Process({ backend, target: () => {} }).start()
    const { exitCode } = await child.exited
    assert.equal(exitCode, 0)
    assert.equal(child.isAlive(), false)
  })

  it('#012 is among activeChildren() from start() to its end', async () => {
    const child = new Process({ backend, target: () => {} })
    assert.ok(!activeChildren().includes(child))
    child.start()
    assert.ok(activeChildren().includes(child))
    await child.join()
    assert.ok(!activeChildren().includes(child))
  })

  it('#013 close() throws while it runs, and afterwards everything but the name is closed', async () => {
    const child = new Process({ backend, target: forever }).start()
    assert.throws(() => child.close(), { code: 'MC_PROCESS_RUNNING' })
    child.kill()
    await child.join()
    child.close()
    child.close()
    const closed = { code: 'MC_PROCESS_CLOSED', message: /process object is closed/ }
    assert.throws(() => child.start(), closed)
    assert.throws(() => child.isAlive(), closed)
    assert.throws(() => child.terminate(), closed)
    assert.throws(() => child.kill(), closed)
    assert.throws(() => child.exitCode, closed)
    assert.throws(() => child.pid, closed)
    assert.throws(() => child.sentinel, closed)
    await assert.rejects(child.join(), closed)
    assert.equal(child.state, 'closed')
  })

  it('close() before start() settles what would never come', async () => {
    const child = new Process({ backend, target: () => {} })
    child.close()
    await assert.rejects(child.result, { code: 'MC_PROCESS_CLOSED' })
    await assert.rejects(child.exited, { code: 'MC_PROCESS_CLOSED' })
  })

  it('#021 does not share its options with the next one', () => {
    const options = { backend, target: () => {}, args: [] as [] }
    const before = structuredClone({ ...options, target: undefined })
    const first = new Process(options)
    const second = new Process(options)
    first.daemon = true
    assert.equal(second.daemon, false)
    assert.notEqual(first.name, second.name)
    assert.deepEqual({ ...options, target: undefined }, before)
  })

  it('tells in its text form what it is and how it ended', async () => {
    const child = new Process({ backend, target: () => {}, name: 'Ada' })
    assert.equal(inspect(child), `<Process name='Ada' parent=${process.pid} initial>`)
    child.start()
    const { pid } = child
    assert.equal(String(child), `<Process name='Ada' pid=${pid} parent=${process.pid} started>`)
    await child.join()
    assert.equal(inspect(child), `<Process name='Ada' pid=${pid} parent=${process.pid} stopped exitCode=0>`)
    const killed = new Process({ backend, target: forever, name: 'Bob', daemon: true }).start()
    killed.kill()
    await killed.join()
    assert.match(inspect(killed), /stopped exitCode=-SIGKILL daemon>$/)
    child.close()
    assert.equal(inspect(child), `<Process name='Ada' parent=${process.pid} closed>`)
  })

  it('lets a program go on that never reads the result of a failing process', async () => {
    const child = new Process({
      target: () => {
        throw new RangeError('nobody asks')
      },
      stdio: 'ignore',
    }).start()
    await child.join()
    assert.equal(child.exitCode, 1)
  })

  it('`using` ends the process, `await using` waits for it', async () => {
    // A slow machine may need longer than the grace period to end it.
    using _grace = holdTimers(5000)
    let left: Process<[], unknown>
    {
      using child = new Process({ backend, target: forever }).start()
      left = child
    }
    const { exitSignal } = await left.exited
    assert.equal(exitSignal, 'SIGTERM')
    await assert.rejects(left.result, { code: 'MC_PROCESS_ENDED' })

    let joined: Process<[], string>
    {
      await using child = new Process({ backend, target: () => 'whole' }).start()
      joined = child
    }
    assert.equal(joined.state, 'closed')
    assert.equal(await joined.result, 'whole')
  })

  it('runs in a process of its own, or in a thread of this one', async () => {
    const child = new Process({ backend, target: () => [process.pid, process.ppid, currentProcess().pid] }).start()
    const { pid } = child
    const ppid = backend === 'thread' ? process.ppid : process.pid
    assert.deepEqual(await child.result, [pid, ppid, pid])
    await child.join()
  })
})
