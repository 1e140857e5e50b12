import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Pool, Process } from 'manycore'
import { allGone, SOON_MS } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'

const program = fileURLToPath(new URL('../fixtures/process/busy-pool.js', import.meta.url))
const interrupted = fileURLToPath(new URL('../fixtures/process/interrupted.js', import.meta.url))

// Runs a program in a terminal of its own, types Ctrl-C once both workers are busy, and passes on what it wrote. The end
// of this program, which the alarm sees to, takes the terminal away, and with it everything that ran in it.
const terminal = `
import os, pty, re, signal, sys
signal.alarm(60)
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b''
typed = False
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    text += data
    if not typed and len(re.findall(rb'busy \\d+\\r?\\n', text)) == 2:
        os.write(fd, b'\\x03')
        typed = True
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(text)
print('status', status)
`
/** Types Ctrl-C each time the next of the texts has been written; prints everything, how it ended and how fast. */
const typist = `
import os, pty, re, signal, sys, time
signal.alarm(60)
pid, fd = pty.fork()
cues = sys.argv[1].split('|')
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
text, seen, at = b'', 0, time.monotonic()
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    text += data
    while cues:
        match = re.search(cues[0].encode(), text[seen:])
        if not match:
            break
        seen += match.end()
        cues.pop(0)
        at = time.monotonic()
        os.write(fd, b'\\x03')
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(text)
print('status', status, 'after', round((time.monotonic() - at) * 1000), 'ms')
`
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

describe('Ctrl-C while a pool maps', () => {
  const why = hasPython ? false : 'needs python3 for a terminal of its own'
  it(
    '#045 in a terminal: the program ends at once, no worker writes a stack, all are gone',
    { skip: why },
    async () => {
      const child = spawn('python3', ['-c', terminal, process.execPath, program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
      await new Promise((resolve) => child.on('close', resolve))
      await allGone(pidsOf(text))
      assert.doesNotMatch(text, /^\s+at /m)
      assert.doesNotMatch(text, /Process \S+:/)
      // Ended by SIGINT, as a program that does not handle it.
      assert.match(text, /status 2$/m)
    },
  )

  it('#045 as a signal for the program: all workers are gone', async () => {
    const running = startProgram('process/busy-pool')
    const [text] = await running.seen(/busy \d+\n[^]*busy \d+\n/)
    running.child.kill('SIGINT')
    const { signal, stderr } = await running.ended
    await allGone(pidsOf(text))
    assert.equal(signal, 'SIGINT')
    assert.equal(stderr, '')
  })
})

describe('Ctrl-C in a terminal, with a worker that spins and one that ignores every signal', () => {
  const skip = hasPython ? false : 'needs python3 for a terminal of its own'
  const busy = 'busy \\d+\\r?\\n[^]*busy \\d+\\r?\\n'.replaceAll('[^]', '[\\s\\S]')
  const cases: readonly [what: string, does: string, cues: string][] = [
    ['a program that waits ends at the first', 'waits', busy],
    ['a program whose event loop is busy ends at the first', 'spins', `${busy}[\\s\\S]*spinning\\r?\\n`],
    ['a program with a handler of its own is left to it, and ends at the second', 'handles', `${busy}|asked\\r?\\n`],
  ]
  for (const [what, does, cues] of cases) {
    it(`#045 ${what}: nothing but ^C is printed, the prompt is back, nobody is left`, { skip }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'interrupted-'))
      const text = await typed(cues, [interrupted, does, folder])
      await rm(folder, { recursive: true })
      await allGone(pidsOf(text))
      const [, status, ms] = /status (\d+) after (\d+) ms/.exec(text) ?? []
      // Ended by the signal itself, which a shell tells as 130.
      assert.equal(status, '2', text)
      assert.ok(Number(ms) < SOON_MS, text)
      const rest = text.replaceAll('^C', '').replace(/^(busy \d+|spinning|asked|status .*)\r?$/gm, '')
      assert.equal(rest.trim(), '')
    })
  }
})

describe('handlers of signals', () => {
  it('#045 manycore installs none, neither when it is imported nor while processes and pools run', async () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const
    const before = signals.map((signal) => process.listenerCount(signal))
    await using pool = new Pool({ processes: 1 })
    const child = new Process({ target: () => 1 }).start()
    assert.equal(await pool.apply((n: number) => n, [2]), 2)
    assert.deepEqual(
      signals.map((signal) => process.listenerCount(signal)),
      before,
    )
    await child.join()
  })
})

async function typed(cues: string, args: readonly string[]): Promise<string> {
  const child = spawn('python3', ['-c', typist, cues, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  await new Promise((resolve) => child.on('close', resolve))
  return text
}

function pidsOf(text: string): number[] {
  const pids = [...text.matchAll(/busy (\d+)/g)].map(([, pid]) => Number(pid))
  assert.equal(new Set(pids).size, 2, text)
  return pids
}
