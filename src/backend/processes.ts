import { closeSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { type Journal, readJournal } from '../channel/journal.ts'
import { fileStore } from '../channel/journal-store.ts'
import { openPipe } from '../channel/pipe.ts'
import type { Backend, KillOptions, SpawnOptions } from './backend.ts'
import { begin } from './begin.ts'
import { adopt, ensureReaper, release } from './children.ts'
import type { BegunProcess, Launched } from './launched.ts'
import { OutputPipe } from './output-pipe.ts'
import { OwnedWorker } from './owned-worker.ts'
import { foresee } from './program.ts'
import { SourceSink } from './source-sink.ts'
import { standstill } from './standstill.ts'
import { ProcessTree } from './tree.ts'

/** Workers that are operating system processes: full isolation, and a crash costs nobody else anything. */
export const processBackend: Backend = {
  name: 'process',
  sharesMemory: false,
  foresee,
  spawn(options) {
    return new ProcessWorker({ ...options, begun: (options.begun as BegunProcess | undefined) ?? begin(options) })
  },
}

class ProcessWorker extends OwnedWorker {
  readonly pid: number | undefined
  readonly #child: ChildProcess | undefined
  readonly #pipes: OutputPipe[] = []
  #journalFd: number | undefined
  #tree: ProcessTree | undefined

  constructor(options: SpawnOptions & { readonly begun: BegunProcess }) {
    super(options, false)
    const { launched, journalFd } = options.begun
    this.#journalFd = journalFd
    if ('reason' in launched) {
      this.failed(launched.reason, launched.text)
      return
    }
    this.pid = launched.pid
    this.#child = launched.child
    this.#follow(launched)
    this.connect(openPipe(launched.socket), { folder: launched.folder })
  }

  kill(signal: NodeJS.Signals = 'SIGTERM', options: KillOptions = {}): boolean {
    if (this.#child === undefined || this.state === 'stopped') return false
    this.sent.add(signal)
    if (options.tree !== true || this.pid === undefined) return this.#child.kill(signal)
    this.#tree ??= new ProcessTree(this.pid)
    return this.#tree.signal(signal) || this.#child.kill(signal)
  }

  markCancelled(cancelled: boolean): void {
    if (this.#journalFd !== undefined) fileStore(this.#journalFd).mark(cancelled)
  }

  isListening(): boolean | undefined {
    return this.#journalFd === undefined ? undefined : fileStore(this.#journalFd).isListened()
  }

  protected refHome(): void {
    this.#child?.ref()
  }

  protected unrefHome(): void {
    this.#child?.unref()
  }

  protected catchUp(): void {
    for (const pipe of this.#pipes) pipe.catchUp()
  }

  protected async readOutput(): Promise<void> {
    await Promise.all(this.#pipes.map((pipe) => pipe.finish()))
  }

  protected override becameReady(): void {
    ensureReaper()
  }

  protected override standstill(): string | undefined {
    return this.pid === undefined ? undefined : standstill(this.pid)
  }

  // The file is gone as soon as nobody has it open.
  protected takeJournal(): Journal {
    if (this.#journalFd === undefined) return readJournal(undefined)
    const journal = readJournal(fileStore(this.#journalFd))
    closeSync(this.#journalFd)
    this.#journalFd = undefined
    return journal
  }

  #follow({ child, pid, stdout, stderr }: Launched): void {
    const record = { pid, abandon: () => this.#abandon() }
    // A pool sends its functions to workers that are ready.
    adopt(record, this.identity.role !== 'pool')
    child.on('exit', (exitCode, signal) => {
      release(record)
      this.#tree?.finish()
      void this.ended({ exitCode, signal })
    })
    const sink = this.sinkFor('stdout')
    if (stdout !== undefined && sink !== undefined) this.#pipes.push(new OutputPipe(stdout, sink))
    this.#pipes.push(new OutputPipe(stderr, new SourceSink(this.tail)))
  }

  #abandon(): void {
    this.kill('SIGKILL', { tree: true })
    for (const pipe of this.#pipes) void pipe.finish()
  }
}
