import assert from 'node:assert/strict'
import { inspect } from 'node:util'

/** The four programs under examples/ that every newcomer meets first: name, and a check of what they print. */
export const heartPrograms: readonly { readonly name: string; check(stdout: string): void }[] = [
  {
    name: 'heart-1-process',
    check: (stdout) => assert.equal(stdout, 'Worker A executing.\nProcess execution completed.\n'),
  },
  {
    name: 'heart-2-pool',
    check: (stdout) => assert.equal(stdout, 'Results: [ 4, 16, 36, 64, 100 ]\n'),
  },
  {
    name: 'heart-3-squares',
    check: (stdout) => assert.equal(stdout, `Squares: ${inspect([1, 4, 9, 16, 25, 36, 49, 64, 81, 100])}\n`),
  },
  {
    name: 'heart-4-current-process',
    check: checkFourth,
  },
]

// Which of several workers prints first is open; that the pool begins after the processes have ended is not.
function checkFourth(stdout: string): void {
  const lines = stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines.slice(0, 4).sort(),
    [1, 2, 3, 4].map((n) => `Process-${n} prints ${n}`),
  )
  const fromPool = lines.slice(4).map((line) => /^(\S+) prints (\d)$/.exec(line)?.slice(1) ?? [line])
  assert.deepEqual(fromPool.map(([, n]) => n).sort(), ['1', '2', '3', '4'])
  for (const [name] of fromPool) assert.notEqual(name, 'MainProcess')
}
