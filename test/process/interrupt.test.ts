import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allGone } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'

const program = fileURLToPath(new URL('../fixtures/process/busy-pool.js', import.meta.url))

// Runs a program in a terminal of its own, types Ctrl-C once both workers are busy, and passes on what it wrote.
const terminal = `
import os, pty, re, sys
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
      await allGone(pidsOf(text), 2_000)
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
    await allGone(pidsOf(text), 2_000)
    assert.equal(signal, 'SIGINT')
    assert.equal(stderr, '')
  })
})

function pidsOf(text: string): number[] {
  const pids = [...text.matchAll(/busy (\d+)/g)].map(([, pid]) => Number(pid))
  assert.equal(new Set(pids).size, 2, text)
  return pids
}
