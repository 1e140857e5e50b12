import { platform } from '../base/environment.ts'
import type { ChildProcess } from 'node:child_process'

/**
 * Ends the workers of an owner that was SIGKILLed. A worker that waits notices by itself that its channel has ended,
 * one that spins does not; so one small shell per owner keeps a list of pids, given to it line by line, and kills what
 * is on it when its stdin ends. It has a session of its own, out of reach of the terminal's signals.
 *
 * Where there is no shell (Windows) nothing does this: a worker that spins when its owner is killed spins on.
 */
export class Reaper {
  #shell: ChildProcess | undefined
  readonly #pids = new Set<number>()
  #restarts = 0

  add(pid: number): void {
    this.#pids.add(pid)
    if (this.#shell === undefined) this.#start()
    else this.#tell(`+ ${pid}\n`)
  }

  /** To be called as soon as the worker has ended, before the system gives its pid to somebody else. */
  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#tell(`- ${pid}\n`)
  }

  get pid(): number | undefined {
    return this.#shell?.pid
  }

  #start(): void {
    const { shell } = platform()
    if (shell === undefined) return
    const { spawn } = process.getBuiltinModule('node:child_process')
    let child: ChildProcess
    try {
      child = spawn(shell, ['-c', SCRIPT, 'manycore-reaper'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        cwd: '/',
        env: process.env,
      })
    } catch {
      return
    }
    child.on('error', ignore)
    if (child.pid === undefined) {
      // No room for another process now; the next worker tries again.
      child.stdin?.destroy()
      return
    }
    child.stdin?.on('error', ignore)
    child.on('exit', () => {
      this.#shell = undefined
      child.stdin?.destroy()
      // Somebody killed it. Bounded, in case something kills each one.
      if (this.#pids.size > 0 && this.#restarts++ < MOST_RESTARTS) this.#start()
    })
    child.unref()
    // A stdin of a child is a socket.
    ;(child.stdin as unknown as { unref(): void } | null)?.unref()
    this.#shell = child
    this.#tell([...this.#pids].map((pid) => `+ ${pid}\n`).join(''))
  }

  #tell(line: string): void {
    if (line !== '') this.#shell?.stdin?.write(line)
  }
}

const MOST_RESTARTS = 3

// The pause is for workers that wait for the end of their owner and then have something to do. A worker leads a process
// group of its own, so what it started dies with it, unless that too chose its own group. The
// second form is for a pid that does not lead a group. `-s KILL --` is understood by dash, busybox and bash alike.
const SCRIPT = `trap '' INT TERM HUP QUIT
l=' '
while read -r op p; do
case $op in
+) l="$l$p ";;
-) case $l in *" $p "*) l="\${l%% $p *} \${l#* $p }";; esac;;
esac
done
sleep 0.2
for p in $l; do kill -s KILL -- "-$p" 2>/dev/null || kill -s KILL -- "$p" 2>/dev/null; done`

function ignore(): void {}
