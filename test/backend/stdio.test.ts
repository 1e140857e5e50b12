import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startWorker, textOf } from '../support/workers.js'
import { runProgram, startProgram } from '../support/run-program.js'

describe('what workers print', () => {
  it('#250 comes out line by line, also when it was written in parts', async () => {
    const { stdout } = await runProgram('printing-workers', ['lines'])
    const lines = stdout.trimEnd().split('\n')
    equal(lines.length, 600)
    ok(lines.every((line) => /^<(0{50}|1{50}|2{50})>$/.test(line)))
  })

  it('#024 arrives although it is a megabyte and the worker exits right behind it', async () => {
    const { stdout, stderr, code } = await runProgram('printing-workers', ['megabyte'])
    equal(code, 0)
    ok(stdout === `${'x'.repeat(1_000_000)}end\n3\n`)
    ok(stderr.startsWith('y'.repeat(1_000_000)))
  })

  it('arrives although the owner ends right behind the answer', async () => {
    const { stdout } = await runProgram('printing-workers', ['last-words'])
    match(stdout, /^x{100000}the last words\n$/)
  })

  it('comes before what the owner prints when it has the answer', async () => {
    const { stdout } = await runProgram('printing-workers', ['turns'])
    equal(stdout, Array.from({ length: 1000 }, (_, turn) => `worker ${turn}\nowner ${turn}\n`).join(''))
  })

  it('arrives when the worker is killed right behind it, without a newline too', async () => {
    equal((await runProgram('printing-workers', ['crash'])).stdout, 'no newline')
  })

  it('arrives although the owner ends at once amid a line', async () => {
    equal((await runProgram('printing-workers', ['half-lines'])).stdout, 'half a line'.repeat(2))
  })

  it('is held up by a reader who is slow, again and again, without a listener more each time', async () => {
    const { worker, call } = startWorker()
    const printing = call(() => {
      for (let line = 0; line < 20_000; line++) console.log('x'.repeat(49))
    })
    const { stdout } = worker
    let bytes = 0
    let most = 0
    for await (const chunk of stdout ?? []) {
      bytes += (chunk as Buffer).length
      most = Math.max(most, stdout?.listenerCount('close') ?? 0)
      await new Promise((resolve) => setImmediate(resolve))
      if (bytes === 1_000_000) break
    }
    await printing
    ok(most > 0 && most < 6, String(most))
    await worker.stop()
  })

  it('arrives once, and in order, when its reader comes after the end of the worker', async () => {
    const { worker, call } = startWorker()
    worker.stderr?.resume()
    const print = (from: number) => {
      for (let line = from; line < from + 250; line++) console.log(`${line} ${'x'.repeat(40)}`)
    }
    for (const from of [0, 250, 500, 750]) {
      await call(print, from)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await worker.stop()
    const lines = (await textOf(worker.stdout)).trimEnd().split('\n')
    deepEqual(
      lines.map((line) => Number.parseInt(line)),
      Array.from({ length: 1000 }, (_, line) => line),
    )
  })

  it('does not hold the end of the worker up when something else has its stdout open', async () => {
    const { stdout } = await runProgram('printing-workers', ['grandchild'])
    equal(stdout, 'not held up\nhas ended\n')
  })

  it('is dropped without harm when the stdout and stderr of the owner are closed', async () => {
    const { child, ended } = startProgram('printing-workers', ['endless'])
    for (const stream of [child.stdout, child.stderr]) stream?.once('data', () => stream.destroy())
    const { code, signal } = await ended
    deepEqual([code, signal], [0, null])
  })

  it('can be read from the worker instead, and ends when the worker ends', async () => {
    const { worker, call } = startWorker({ stdio: 'pipe' })
    const texts = Promise.all([textOf(worker.stdout), textOf(worker.stderr)])
    await call(() => {
      console.log('out')
      console.error('err')
    })
    await worker.stop()
    deepEqual(await texts, ['out\n', 'err\n'])
  })

  it('can be ignored, and the end of stderr is known nevertheless', async () => {
    const { worker, call } = startWorker({ stdio: 'ignore' })
    await call(() => {
      console.log('out')
      console.error('err')
    })
    const exit = await worker.stop()
    equal(worker.stdout, undefined)
    equal(exit.stderrTail, 'err')
  })
})
