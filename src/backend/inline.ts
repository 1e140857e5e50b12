import type { AsyncLocalStorage } from 'node:async_hooks'
import { load } from '../base/load.ts'
import { bareMessage } from '../channel/bare-message.ts'
import type { Channel } from '../channel/channel.ts'
import { type Journal, readJournal } from '../channel/journal.ts'
import { sharedStore } from '../channel/journal-store.ts'
import { openLoopback } from '../channel/loopback.ts'
import { Kind } from '../channel/messages.ts'
import { withoutShared } from '../codec/shared-context.ts'
import { findInlineIdentity } from '../worker/context.ts'
import type { Backend, SpawnOptions } from './backend.ts'
import { OwnedWorker } from './owned-worker.ts'

/**
 * Workers that are no more than a name: their tasks run in this very thread, between everything else, for debugging and
 * for tests. Functions and values travel as they do to processes, so they are copies there too. An endless loop blocks
 * the program.
 */
export const inlineBackend: Backend = {
  name: 'inline',
  sharesMemory: true,
  spawn: (options) => new InlineWorker(options),
}

const JOURNAL_BYTES = 64 * 1024

class InlineWorker extends OwnedWorker {
  readonly pid: number = process.pid
  readonly #journal = new SharedArrayBuffer(JOURNAL_BYTES)
  readonly #inside: Channel
  #noted: Journal = readJournal(undefined)
  #abandonTasks: () => void = () => {}
  #isOver = false

  constructor(options: SpawnOptions) {
    super(options, true)
    const [outside, inside] = openLoopback()
    this.#inside = inside
    this.connect(outside)
    const { serve } = load<typeof import('../worker/loop.ts')>('../worker/loop.js')
    const tasks = serve({
      channel: inside,
      place: `inline worker ${this.identity.name}`,
      sharesMemory: true,
      journal: this.#journal,
    })
    this.#abandonTasks = () => tasks.abandon()
    const receive = inside.onMessage
    const workers = runningWorkers()
    inside.onMessage = (message) => {
      // It tells a worker who it is, and there are several in this thread.
      if (message.kind === Kind.init) return
      // Nor is a task to see what somebody else shares with theirs, whose call has brought this about.
      withoutShared(() => workers.run(this, () => receive(message)))
    }
    inside.onClose = () => this.#end(0, null)
    inside.send(bareMessage(Kind.ready))
    guardExit()
  }

  /** What a task calls instead of ending the program. */
  exit(code: number): void {
    this.#end(code, null)
  }

  // Nothing can stop what is running, but nobody hears of it any more.
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    if (this.#isOver) return false
    this.sent.add(signal)
    this.#end(null, signal)
    return true
  }

  markCancelled(cancelled: boolean): void {
    sharedStore(this.#journal).mark(cancelled)
  }

  isListening(): boolean | undefined {
    return sharedStore(this.#journal).isListened()
  }

  // What its tasks wait for keeps this process alive, or does not.
  protected refHome(): void {}
  protected unrefHome(): void {}
  // It writes straight to the streams of this process.
  protected catchUp(): void {}
  protected readOutput(): void {}

  protected takeJournal(): Journal {
    return this.#noted
  }

  #end(exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return
    this.#isOver = true
    // What still runs notes nothing that counts.
    this.#noted = readJournal(sharedStore(this.#journal))
    this.#abandonTasks()
    this.#inside.destroy()
    releaseExit()
    void this.ended({ exitCode, signal })
  }
}

let running: AsyncLocalStorage<InlineWorker> | undefined

function runningWorkers(): AsyncLocalStorage<InlineWorker> {
  if (running !== undefined) return running
  const { AsyncLocalStorage: Storage } = process.getBuiltinModule('node:async_hooks')
  const made = new Storage<InlineWorker>()
  running = made
  findInlineIdentity(() => made.getStore()?.identity)
  return made
}

type Exit = typeof process.exit

let guarded = 0
let unguardExit: (() => void) | undefined

// While there are inline workers, process.exit() in one of their tasks ends that worker only. It has to throw, because
// it never returns.
function guardExit(): void {
  if (guarded++ > 0) return
  const original = process.exit
  // A new one each time: somebody may have put his own around the last one, and that stays where it is.
  const guard: Exit = (code) => {
    const worker = running?.getStore()
    if (worker === undefined) return original.call(process, code)
    worker.exit(Number(code ?? process.exitCode ?? 0))
    throw new Error(`process.exit(${code ?? ''}) was called by a task of the inline worker ${worker.identity.name}.`)
  }
  process.exit = guard
  unguardExit = () => {
    if (process.exit === guard) process.exit = original
  }
}

function releaseExit(): void {
  if (--guarded === 0) unguardExit?.()
}
