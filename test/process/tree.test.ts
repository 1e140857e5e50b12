import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Process } from 'manycore'
import { allGone } from '../support/processes.ts'

const skip = existsSync('/proc/self/stat') ? false : 'needs /proc to find programs that lead a group of their own'

/** Starts programs of every kind; each tells its pid, and ignores SIGTERM where `deaf`. */
const startPrograms = async (deaf: boolean): Promise<never> => {
  const { spawn } = await import('node:child_process')
  const shell = (script: string, detached: boolean) => {
    const child = spawn('/bin/sh', ['-c', `${deaf ? "trap '' TERM; " : ''}${script}`], {
      detached,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout.pipe(process.stdout)
  }
  // In the worker's own group, in a group of its own, below one, and left behind by a parent that has ended.
  shell('echo pid $$; while :; do sleep 1000; done', false)
  shell('echo pid $$; while :; do sleep 1000; done', true)
  shell(`setsid sh -c 'echo pid $$; while :; do sleep 1000; done' & echo pid $$; wait; while :; do sleep 1; done`, true)
  shell("sh -c 'echo pid $$; while :; do sleep 1000; done' & exit 0", false)
  const nested = new Process({
    target: () => {
      console.log(`pid ${process.pid}`)
      for (;;);
    },
  }).start()
  await nested.join()
  return await new Promise(() => {})
}

async function pidsOf(child: Process<[boolean], unknown>): Promise<number[]> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    const pids = [...text.matchAll(/pid (\d+)\n/g)].map(([, pid]) => Number(pid))
    if (pids.length === 6) return pids
  }
  throw new Error(`ended early: ${text}`)
}

describe('with tree', () => {
  it('terminate() takes along what the process has started, in whatever group', { skip }, async () => {
    const child = new Process({ target: startPrograms, args: [false], stdio: 'pipe' }).start()
    const pids = await pidsOf(child)
    await child.terminate({ tree: true, grace: 60_000 })
    assert.equal(child.exitCode, -15)
    await allGone(pids)
  })

  it('terminate() ends with SIGKILL those of the tree that ignore SIGTERM', { skip }, async () => {
    const child = new Process({ target: startPrograms, args: [true], stdio: 'pipe' }).start()
    const pids = await pidsOf(child)
    await child.terminate({ tree: true, grace: 200 })
    await allGone(pids)
  })

  it('kill() takes along what the process has started', { skip }, async () => {
    const child = new Process({ target: startPrograms, args: [true], stdio: 'pipe' }).start()
    const pids = await pidsOf(child)
    child.kill({ tree: true })
    await child.join()
    assert.equal(child.exitCode, -9)
    await allGone(pids)
  })

  it('without it, a program that the process has started lives on', { skip }, async () => {
    const child = new Process({
      target: async () => {
        const { spawn } = await import('node:child_process')
        const program = spawn('sleep', ['1000'], { stdio: 'ignore' })
        program.unref()
        return program.pid as number
      },
    }).start()
    const pid = await child.result
    await child.terminate()
    assert.equal(process.kill(pid, 0), true)
    process.kill(pid, 'SIGKILL')
    await allGone([pid])
  })

  it('refuses a tree that is neither true nor false', async () => {
    const child = new Process({ target: () => {} }).start()
    assert.throws(() => child.kill({ tree: 1 as never }), { code: 'MC_ARGUMENT_INVALID', message: /tree of kill\(\)/ })
    assert.throws(() => child.terminate({ tree: 'yes' as never }), { code: 'MC_ARGUMENT_INVALID' })
    await child.join()
  })
})
