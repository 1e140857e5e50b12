import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { platform } from '../base/environment.ts'
import { descriptorShortage } from './descriptor-shortage.ts'
import { childExecPath } from './executable.ts'

/**
 * Ends the workers of an owner that was SIGKILLed. A worker that waits notices by itself that its channel has ended,
 * one that spins does not; so one small process per owner keeps a list of pids, given to it line by line, and kills what
 * is on it when its stdin ends. It has a session of its own, out of reach of the terminal's signals.
 *
 * It is a shell where there is one, else (Windows, images without a shell) a Node, which costs more memory. Where
 * neither can be started, it is tried again whenever a worker starts, is ready or ends.
 */
export class Reaper {
  #process: ChildProcess | undefined
  readonly #pids = new Set<number>()
  #restarts = 0
  #shellFails = false

  add(pid: number): void {
    this.#pids.add(pid)
    if (this.#process === undefined) this.#start()
    else this.#tell(`+ ${pid}\n`)
  }

  /** To be called as soon as the worker has ended, before the system gives its pid to somebody else. */
  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#tell(`- ${pid}\n`)
    this.ensure()
  }

  /** Starts it, if it could not be started before and is needed. */
  ensure(): void {
    if (this.#process === undefined && this.#pids.size > 0) this.#start()
  }

  /** What does it now; nothing when it could not be started. */
  get process(): ChildProcess | undefined {
    return this.#process
  }

  #start(): void {
    if (this.#restarts >= MOST_RESTARTS || descriptorShortage() !== undefined) return
    const shell = this.#shellFails ? undefined : platform().shell
    const child = begin(shell)
    if (child === undefined) return
    child.on('error', (error: NodeJS.ErrnoException) => {
      // A shell that may not be run will not be run later either; nothing else is as lasting.
      if (shell === undefined || child.pid !== undefined || !LASTING.has(error.code ?? '')) return
      this.#shellFails = true
      this.ensure()
    })
    child.stdin?.on('error', ignore)
    if (child.pid === undefined) {
      child.stdin?.destroy()
      return
    }
    child.on('exit', () => {
      this.#process = undefined
      child.stdin?.destroy()
      // Somebody killed it. Bounded, in case something kills each one.
      this.#restarts++
      this.ensure()
    })
    child.unref()
    // A stdin of a child is a socket, but for Bun, where it keeps nobody alive.
    ;(child.stdin as unknown as { unref?(): void } | null)?.unref?.()
    this.#process = child
    this.#tell([...this.#pids].map((pid) => `+ ${pid}\n`).join(''))
  }

  #tell(line: string): void {
    if (line !== '') this.#process?.stdin?.write(line)
  }
}

const MOST_RESTARTS = 4
const LASTING: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'ENOTDIR'])

function begin(shell: string | undefined): ChildProcess | undefined {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const options: SpawnOptions = { stdio: ['pipe', 'ignore', 'ignore'], detached: true, windowsHide: true }
  try {
    if (shell !== undefined) return spawn(shell, ['-c', SHELL_SCRIPT, NAME], { ...options, cwd: '/', env: process.env })
    // What this process has preloaded, or listens to, is not for it.
    const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...env } = process.env
    const flags = ['--v8-pool-size=0', '--input-type=commonjs', '-e', NODE_SCRIPT]
    return spawn(childExecPath(), [...flags, '--', NAME], { ...options, env })
  } catch {
    return undefined
  }
}

/** By this a tree of processes that is to be ended tells it from the rest. */
const NAME = 'manycore-reaper'

// The pause is for workers that wait for the end of their owner and then have something to do. A worker leads a process
// group of its own, so what it started dies with it, unless that too chose its own group. The
// second form is for a pid that does not lead a group. `-s KILL --` is understood by dash, busybox and bash alike.
const SHELL_SCRIPT = `trap '' INT TERM HUP QUIT
l=' '
while read -r op p; do
case $op in
+) l="$l$p ";;
-) case $l in *" $p "*) l="\${l%% $p *} \${l#* $p }";; esac;;
esac
done
sleep 0.2
for p in $l; do kill -s KILL -- "-$p" 2>/dev/null || kill -s KILL -- "$p" 2>/dev/null; done`

// The same for where there is no shell.
const NODE_SCRIPT = `for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) try { process.on(name, () => {}) } catch {}
const pids = new Set()
let rest = ''
process.stdin.setEncoding('utf8').on('error', () => {}).on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  for (const line of lines) line[0] === '+' ? pids.add(+line.slice(2)) : pids.delete(+line.slice(2))
}).on('close', () => setTimeout(() => {
  for (const pid of pids) try { process.kill(-pid, 'SIGKILL') } catch { try { process.kill(pid, 'SIGKILL') } catch {} }
  process.exit()
}, 200))`

function ignore(): void {}
