import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'node:test'
import { runProgram } from '../support/run-program.js'
import { leftovers } from './left.js'
import { Random } from './random.js'

describe('a chaos run', () => {
  it('finds every promise kept in eight seconds of attacks', { timeout: 120_000 }, async () => {
    const program = fileURLToPath(new URL('chaos.js', import.meta.url))
    const { stdout, stderr, code } = await runProgram(program, ['--seed', '5', '--minutes', '0.13'], {
      limitMs: 110_000,
    })
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    const count = (name: string): number => Number(new RegExp(`^${name} +(\\d+)$`, 'm').exec(stdout)?.[1])
    assert.equal(count('seed'), 5)
    // On the slowest machine; usually there are thousands.
    assert.ok(count('tasks') > 100 && count('right') > 0, stdout)
    assert.ok(count('killed') + count('stopped') > 0, stdout)
    assert.ok(count('lost') <= count('killed'), stdout)
    assert.match(stdout, /^Everything was as promised\.$/m)
  })

  it('plays the same attacks for the same seed', () => {
    const play = (seed: number): number[] => {
      const random = new Random(seed)
      return Array.from({ length: 20 }, () => random.between(1, 100))
    }
    assert.deepEqual(play(7), play(7))
    assert.notDeepEqual(play(7), play(8))
    assert.ok(play(7).every((n) => n >= 1 && n <= 100))
  })

  it('tells what is left behind', () => {
    const nothing = { workers: 0, children: 1, descriptors: ['0:a'], timers: 0, files: [], heapBytes: 1 }
    assert.deepEqual(leftovers(nothing, nothing), [])
    const some = { workers: 1, children: 2, descriptors: ['0:a', '1:b'], timers: 1, files: ['x'], heapBytes: 1 }
    assert.equal(leftovers(nothing, some).length, 5)
  })
})
